"""Make what ports/dist.py has laid out ready for its place in the web:  site.py DIST URL

The package.json files then name whole addresses. mip takes relative ones from MicroPython 1.25 on
only, and Debian's not at all; and not every server takes the '..' in them.
"""

import json
from pathlib import Path
from urllib.parse import urljoin

import command
from checksums import write_checksums


def name_whole_addresses(dist, site):
    for path in sorted(dist.rglob('package.json')):
        base = urljoin(site.rstrip('/') + '/', path.relative_to(dist).as_posix())
        content = json.loads(path.read_text())
        content['urls'] = [[target, urljoin(base, url)] for target, url in content['urls']]
        path.write_text(json.dumps(content, indent=1) + '\n')
    write_checksums(dist)


if __name__ == '__main__':
    parser = command.parser(__doc__)
    parser.add_argument('dist', type=Path, help='what ports/dist.py has laid out')
    parser.add_argument('site', metavar='URL', help='where it will be')
    command.run(name_whole_addresses, parser)
