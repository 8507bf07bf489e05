"""Prerendering: an edition is printed once into a directory (render), served from it (serve), and followed (follow)."""
