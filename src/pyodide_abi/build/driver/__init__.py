"""What runs in each compile of a build: modules that import nothing but each other, marshal, os and sys.

An interpreter starts for each command that the shell scripts do not know by heart, and the usual imports
(dataclasses, json, pathlib, re, typing) take longer than its start. What may take its time, because it looks
into object files, has a folder below.
"""
