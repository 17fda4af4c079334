"""Measure this project, and what else there is:  python tests/bench [PART...] [--quick] ...

`make bench` runs it. The parts are described in their modules.
"""

import argparse
import importlib
import sys

PARTS = (
    *('memory', 'echo', 'cpython', 'codec', 'compression', 'message', 'profile', 'stages'),
    *('pictures', 'page'),
)
MODULES = {'profile': 'profiling'}  # the former is one of Python's own


def words(text):
    return [word for word in text.replace(',', ' ').split() if word]


def numbers(text):
    return [int(word) for word in words(text)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('parts', nargs='*', metavar='PART', help=f'some of: {", ".join(PARTS)}')
    parser.add_argument('--quick', action='store_true', help='a shorter run, of less exact figures')
    parser.add_argument('--servers', type=words, help='only these')
    parser.add_argument('--machines', type=words, help='only on these')
    parser.add_argument('--sizes', type=numbers, help='only messages of these sizes, in bytes')
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f'no part {", ".join(unknown)}: PART is some of {", ".join(PARTS)}')
    for part in options.parts or PARTS:
        importlib.import_module(MODULES.get(part, part)).main(options)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
