from boards import board
from microdot_websocket.cli.plan import IN_ROM, bytes_needed, digest, make_plan, make_rom_plan


def there(modules):
    """As a board reports what was installed."""
    folders = {'/lib': None, '/lib/microdot': None, '/lib/microdot_websocket': None}
    return {**folders, **{f'/lib/{name}': digest(path) for name, path in modules.items()}}


def test_nothing_is_copied_twice(modules):
    plan = make_plan(board(files=there(modules)), modules, None)
    assert (plan.copy, plan.same) == ([], 2)


def test_what_was_cut_off_is_copied_again(modules):
    files = there(modules)
    files['/lib/microdot/websocket.mpy'] = [100, 'ab']  # less than all of it
    del files['/lib/microdot_websocket/timer.mpy']
    assert len(make_plan(board(files=files), modules, None).copy) == 2


def test_a_board_without_sha256_is_judged_by_sizes(modules):
    files = {name: there and [there[0], ''] for name, there in there(modules).items()}
    assert make_plan(board(files=files), modules, None).copy == []


def test_what_is_stale_and_what_hides(modules):
    more = [
        '/lib/microdot/websocket.py',  # Microdot's own
        '/lib/microdot/mine.py',
        '/lib/microdot_websocket/gone.mpy',  # of an earlier version
        '/lib/_wscodec.mpy',  # and now the Python codec
    ]
    files = {**there(modules), **{name: [1, 'ab'] for name in more}}
    plan = make_plan(board(files=files, hiding=['/microdot.py']), modules, None)
    assert plan.stale == more[2:]
    assert plan.hiding == ['/microdot.py', more[0]]


def test_space(modules, natmod):
    # whole blocks, and two for each new folder, of which there are two and /lib
    sizes = [path.stat().st_size for path in (*modules.values(), natmod)]
    blocks = sum(-(-size // 4096) for size in sizes)
    plan = make_plan(board(), modules, natmod)
    assert bytes_needed(board(), plan) == (blocks + 3 * 2) * 4096
    full = board(files=there(modules))
    assert bytes_needed(full, make_plan(full, modules, None)) == 0


def test_what_compresses_goes_with_the_codec(modules, natmod):
    natmod.with_name('_wsdeflate.mpy').write_bytes(b'M' * 4000)
    wanted = make_plan(board(), modules, natmod).wanted
    assert wanted['/lib/_wsdeflate.mpy'] == natmod.with_name('_wsdeflate.mpy')
    files = {**there(modules), '/lib/_wsdeflate.mpy': [1, 'ab']}
    assert make_plan(board(files=files), modules, None).stale == ['/lib/_wsdeflate.mpy']


def in_rom(modules):
    folders = {'/rom/lib/microdot': None, IN_ROM: None}
    return {**folders, **{f'/rom/lib/{name}': digest(path) for name, path in modules.items()}}


def test_into_an_empty_rom(modules, natmod):
    plan = make_rom_plan(board(rom=[1 << 17, []]), modules, natmod)
    assert sorted(plan.copy) == sorted([*in_rom(modules)][2:] + ['/rom/lib/_wscodec.mpy'])
    assert (plan.stale, plan.hiding, plan.codec) == ([], [], 'native')
    assert plan.command == 'microdot-websocket install --romfs'


def test_what_was_in_lib_has_no_use_beside_a_rom(modules):
    files = {**there(modules), '/lib/microdot/mine.py': [1, 'ab'], '/lib/_wscodec.mpy': [1, 'ab']}
    plan = make_rom_plan(board(files=files), modules, None)
    assert sorted(plan.stale) == [
        '/lib/_wscodec.mpy',
        '/lib/microdot/websocket.mpy',
        '/lib/microdot_websocket/timer.mpy',
    ]


def test_a_rom_is_written_as_a_whole(modules):
    plan = make_rom_plan(board(files=in_rom(modules)), modules, None)
    assert (plan.copy, plan.same) == ([], 2)
    files = {**in_rom(modules), f'{IN_ROM}/gone.mpy': [1, 'ab']}
    assert len(make_rom_plan(board(files=files), modules, None).copy) == 2


def test_only_the_root_comes_before_a_rom(modules):
    hiding = ['/microdot.py', '/sd/microdot', IN_ROM]
    assert make_rom_plan(board(hiding=hiding), modules, None).hiding == ['/microdot.py']
    pyboard = board(lib='/flash/lib', hiding=['/flash/microdot.py'])
    assert make_rom_plan(pyboard, modules, None).hiding == ['/flash/microdot.py']
