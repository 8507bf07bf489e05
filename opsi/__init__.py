"""The OECD's OPSI: its Call for Innovations, open or closed as the dates say, and its resources."""
