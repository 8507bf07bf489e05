"""The OECD's OPSI: its Call for Innovations, open or closed according to its dates, and its resources."""
