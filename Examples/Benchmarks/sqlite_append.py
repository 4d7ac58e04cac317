#!/usr/bin/env python3
"""Events of 1 KiB, each in a transaction of its own, in an SQLite database that syncs each commit of its write-ahead log.

  sqlite_append.py DIRECTORY SECONDS
"""
import os
import sqlite3
import sys
import time

directory, seconds = sys.argv[1], float(sys.argv[2])
path = os.path.join(directory, "events.sqlite")
database = sqlite3.connect(path, isolation_level=None)
database.execute("PRAGMA journal_mode=WAL")
database.execute("PRAGMA synchronous=FULL")
database.execute("CREATE TABLE events (position INTEGER PRIMARY KEY, query TEXT, session TEXT, event TEXT)")
database.execute("CREATE INDEX events_session ON events (session, position)")
event = "x" * 1024
count, start = 0, time.monotonic()
while time.monotonic() < start + seconds:
    database.execute("INSERT INTO events (query, session, event) VALUES (?, ?, ?)", ("q-000001", f"s-{count % 1000}", event))
    count += 1
print(f"sqlite ev/s={count / (time.monotonic() - start):.0f} version={sqlite3.sqlite_version}")
database.close()
for suffix in ["", "-wal", "-shm"]:
    if os.path.exists(path + suffix):
        os.remove(path + suffix)
