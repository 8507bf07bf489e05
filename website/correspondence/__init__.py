"""What people write to the ministry: receives, stores and answers it, shows it to its writer, and erases it.

The forms and models of each kind (requests to join, feedback) belong to the apps `network` and `contacts`.
"""
