"""Files that the processes of one host share: a lock for one process at a time, and the state of the worker."""
