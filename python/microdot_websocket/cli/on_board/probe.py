"""Runs on a board: prints one line of JSON that says what it is, and what is on it."""

import binascii
import gc
import json
import os
import sys

try:
    from hashlib import sha256
except ImportError:
    sha256 = None

NATMODS = '_wscodec', '_wsdeflate'
NAMES = ('microdot', 'microdot_websocket') + NATMODS
DIRECTORY = 0x4000


def digest(path):
    if not sha256:
        return ''
    total = sha256()
    buf = bytearray(256)
    with open(path, 'rb') as file:
        while True:
            n = file.readinto(buf)
            if not n:
                return binascii.hexlify(total.digest()[:8]).decode()
            total.update(memoryview(buf)[:n])


def walk(path, files):
    """{path: [size, digest]} of all files at and below a path; a folder has None."""
    try:
        stat = os.stat(path)
    except OSError:
        return
    if stat[0] & DIRECTORY:
        files[path] = None
        for name in os.listdir(path):
            walk(path + '/' + name, files)
    else:
        files[path] = stat[6], digest(path)


def hiding(lib):
    """What is imported before that which stands in `lib`."""
    found = []
    for root in sys.path[: sys.path.index(lib)] if lib in sys.path else sys.path:
        root = root or os.getcwd()
        try:
            names = os.listdir(root)
        except OSError:  # .frozen
            continue
        for name in names:
            stem = name[: name.find('.')] if '.' in name else name
            if stem in NAMES:
                found.append(root.rstrip('/') + '/' + name)
    return found


def network():
    """(whether it has any, whether it has Wi-Fi)."""
    try:
        import network

        return True, hasattr(network, 'WLAN')
    except ImportError:
        return sys.platform == 'linux', False


def rom(files):
    """[bytes, other names] of the partition for a ROM file system, whose files are added; None
    without one."""
    try:
        import vfs

        device = vfs.rom_ioctl(2, 0)
        size = device.ioctl(4, 0) * device.ioctl(5, 0) if hasattr(device, 'ioctl') else len(device)
    except (ImportError, AttributeError, TypeError):  # the last: a number says that there is none
        return None
    others = []
    for folder in '/rom', '/rom/lib':
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            path = folder + '/' + name
            if folder == '/rom/lib' and name.split('.')[0] in NAMES:
                walk(path, files)
            elif path != '/rom/lib':
                others.append(path)
    return [size, others]


def find_lib():
    for path in sys.path:
        if path.endswith('/lib') and not path.startswith('/rom'):
            return path
    return '/lib'


def probe():
    gc.collect()
    implementation = sys.implementation
    any_network, wifi = network()
    lib = find_lib()
    parent = lib[:-4] or '/'
    files: dict = {}
    try:
        os.listdir(lib)
        files[lib] = None
    except OSError:
        pass
    for name in NAMES:
        walk(lib + '/' + name, files)
    for name in NATMODS:
        walk(lib + '/' + name + '.mpy', files)
        walk(lib + '/' + name + '.py', files)
    try:
        stat = os.statvfs(parent)
        block, free = stat[0], stat[0] * stat[3]
    except (AttributeError, OSError):  # no file system
        block = free = 0
    print(
        'board:',
        json.dumps(
            {
                'python': implementation.name,
                'platform': sys.platform,
                'machine': getattr(implementation, '_machine', sys.platform),
                'mpy': getattr(implementation, '_mpy', 0),
                'version': list(implementation[1])[:3],
                'network': any_network,
                'wifi': wifi,
                'heap': gc.mem_free() + gc.mem_alloc(),
                'lib': lib,
                'block': block,
                'free': free,
                'hiding': hiding(lib),
                'rom': rom(files),
                'files': files,
            }
        ),
    )


probe()
