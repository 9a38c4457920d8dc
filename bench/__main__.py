"""`make bench`: measure, print a line for each figure, and write bench/latest.json."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.figures import FIGURES
from bench.installation import Installation


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=sorted(FIGURES), help="measure one group alone")
    chosen = parser.parse_args().only
    records = []
    with Installation() as bench:
        bench.serve()
        for name, measure in FIGURES.items():
            if chosen in (None, name):
                for figure in measure(bench):
                    print(figure.line(), flush=True)
                    records.append(figure.record())
    target = Path(__file__).parent / "latest.json"
    target.write_text(json.dumps(records, indent=2) + "\n")
    return 0 if all(record["ok"] for record in records) else 1


if __name__ == "__main__":
    sys.exit(main())
