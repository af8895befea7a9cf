"""Every #include goes where the rooms allow it.

Each room may include itself and the rooms named here, and nothing else. The executor reads the
planner's physical plan and its expressions only.
"""
import pathlib
import re
import sys

ROOMS = {
    'base': [],
    'parser': ['base'],
    'catalog': ['base'],
    'planner': ['parser', 'catalog', 'base'],
    'executor': ['planner/plan.h', 'planner/expression.h', 'catalog', 'base'],
    'server': ['executor', 'planner', 'parser', 'catalog', 'base'],
    'shell': ['server', 'executor', 'planner', 'parser', 'catalog', 'base'],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def allowed(room, target):
    first = target.split('/')[0]
    if first == room or first not in ROOMS:
        return True
    return first in ROOMS[room] or target in ROOMS[room]


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    wrong, files = [], 0
    for room in ROOMS:
        for path in sorted((root / room).rglob('*')):
            if path.suffix not in ('.c', '.h', '.cc', '.y', '.re'):
                continue
            files += 1
            for target in INCLUDE.findall(path.read_text()):
                if not allowed(room, target):
                    wrong.append(f'{path.relative_to(root)} includes {target}')
    print('\n'.join(wrong) or f'{files} files include only what their rooms allow')
    assert files > 0
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
