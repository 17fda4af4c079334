"""Make what ports/dist.py has laid out ready for its place in the web:  site.py DIST URL

The package.json files then name whole addresses. mip takes relative ones from MicroPython 1.25 on
only, and Debian's not at all; and not every server takes the '..' in them.
"""

import json
import sys
from pathlib import Path
from urllib.parse import urljoin

from checksums import write_checksums


def name_whole_addresses(dist, site):
    for path in dist.rglob('package.json'):
        base = urljoin(site, path.relative_to(dist).as_posix())
        content = json.loads(path.read_text())
        content['urls'] = [[target, urljoin(base, url)] for target, url in content['urls']]
        path.write_text(json.dumps(content, indent=1) + '\n')
    write_checksums(dist)


if __name__ == '__main__':
    name_whole_addresses(Path(sys.argv[1]), sys.argv[2].rstrip('/') + '/')
