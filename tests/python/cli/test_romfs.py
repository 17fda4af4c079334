"""The image: what mpremote builds of it, and that MicroPython runs the package from it."""

import subprocess
import sys
from pathlib import Path

import pytest
from boards import Mpremote, board
from interpreters import LIB, ROOT
from microdot_websocket.cli import Failed, romfs
from microdot_websocket.cli.plan import make_rom_plan
from microdot_websocket.cli.romfs import check, deploy

ROM = 1 << 17
MOUNT = """\
import vfs
vfs.mount(vfs.VfsRom(open({!r}, 'rb').read()), '/rom')
"""
RUN = """\
import sys, gc, asyncio
sys.path[:] = [{lib!r}, '.frozen']
gc.collect()
before = gc.mem_alloc()
import microdot.websocket, microdot_websocket
from microdot_websocket import codec
assert microdot.websocket.WebSocket is microdot_websocket.WebSocket
gc.collect()
print(codec.__file__, codec.IMPL, gc.mem_alloc() - before)
"""


def build(words):
    """As mpremote does it, which needs no board for this."""
    subprocess.run([sys.executable, '-m', 'mpremote', *words], check=True, capture_output=True)


def keep(to):
    return lambda words: to.write_bytes(Path(words[-1]).read_bytes())


def micropython(code):
    """The words that it prints."""
    program = ROOT / 'build' / 'bin' / 'micropython'
    done = subprocess.run([program, '-c', code], capture_output=True, text=True)
    assert not done.stderr
    return done.stdout.split()


def lib():
    return {path.relative_to(LIB).as_posix(): path for path in LIB.rglob('*/*.mpy')}


def test_the_package_runs_from_the_image(tmp_path, monkeypatch):
    image = tmp_path / 'image'
    monkeypatch.setattr(romfs.mpremote, 'call', Mpremote(build=build, deploy=keep(image)))
    there, said = board(rom=[ROM, []]), []
    deploy(there, make_rom_plan(there, lib(), LIB / '_wscodec.mpy'), said.append)
    *where, taken = micropython(MOUNT.format(str(image)) + RUN.format(lib='/rom/lib'))
    assert where == ['/rom/lib/microdot_websocket/codec.mpy', 'native']
    *_, taken_from_files = micropython(RUN.format(lib=str(LIB)))
    assert int(taken) < 0.7 * int(taken_from_files)
    size = image.stat().st_size
    assert said == [f'writing an image of {size} bytes into the ROM partition, which has {ROM}']


def test_an_image_that_is_too_big(monkeypatch):
    mpremote = Mpremote(build=build)
    monkeypatch.setattr(romfs.mpremote, 'call', mpremote)
    there = board(rom=[4096, []])
    with pytest.raises(Failed, match='the image has .* and the ROM partition 4096: leave'):
        deploy(there, make_rom_plan(there, lib(), None), print)
    assert len(mpremote.asked) == 1


def test_cut_off(monkeypatch):
    def unplug(words):
        raise romfs.mpremote.BoardFailed('COM3: unplugged', '', True)

    def ctrl_c(words):
        raise KeyboardInterrupt

    there = board(rom=[ROM, []])
    for fault in unplug, ctrl_c:
        monkeypatch.setattr(romfs.mpremote, 'call', Mpremote(build=build, deploy=fault))
        with pytest.raises(Failed, match='cut off while the ROM partition was written: run this'):
            deploy(there, make_rom_plan(there, lib(), None), lambda line: None)


def test_what_else_is_in_the_rom_is_not_lost():
    check(board(rom=[ROM, []]), False)
    others = board(rom=[ROM, ['/rom/font.bin']])
    with pytest.raises(Failed, match='/rom/font.bin would be lost: .*--romfs --replace'):
        check(others, False)
    check(others, True)


def test_no_rom():
    with pytest.raises(Failed, match='no ROM partition: leave out --romfs, or build a firmware'):
        check(board(), False)
