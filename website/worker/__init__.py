"""What the processes of one host tell each other through files: who may print, and how the worker is."""
