"""
What goes wrong outside: processes that are killed, disks that fill up, stores that stop, others who write as well.

Each test runs a few rounds; `python -m tests tests/faults -m faults -s` runs many, for half an hour, and tells what it
counted.
"""
