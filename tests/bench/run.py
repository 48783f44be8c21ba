"""`make bench`: every benchmark of this folder in one run, each printing its ratios.

A benchmark is a module `bench_*.py` with `main() -> bool`; False means a floor was missed. Each
runs in a process of its own, so that none warms or burdens the next. Exit code 1 if any missed.
"""

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    wanted = sys.argv[1:]
    missed = []
    for script in sorted(HERE.glob("bench_*.py")):
        if wanted and script.stem.removeprefix("bench_") not in wanted:
            continue
        start = time.monotonic()
        print(f"\n== {script.stem}", flush=True)
        code = (
            f"import sys; sys.path[:0] = [{str(HERE)!r}]; import {script.stem} as bench;"
            " result = bench.main(); sys.exit(0 if result is None or result else 1)"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=HERE.parent.parent, check=False)
        print(f"   ({time.monotonic() - start:.0f} s)", flush=True)
        if done.returncode != 0:
            missed.append(script.stem)
    print(f"\nfloors missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
