"""Runs one work in one engine: reads a job from a JSON file, writes the result and how long the work took.

usage: peer.py ENGINE JOB.json RESULT.json
"""

import importlib
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    engine, job_path, result_path = sys.argv[1:]
    with open(job_path, encoding="utf-8") as file:
        job = json.load(file)
    works = importlib.import_module(f"peers.{engine}_peer").WORKS
    # Starting Python and loading the engine is not the work.
    begun = time.monotonic()
    result = works[job["work"]](job)
    result["seconds"] = time.monotonic() - begun
    with open(result_path, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
