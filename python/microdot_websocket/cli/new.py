"""write a small application to begin with

Three files: main.py, its page index.html, and wifi.py, which joins a network on a board. They run
on a board and on this machine as they are. Nothing that is there already is overwritten.

examples:
  microdot-websocket new                   echo, in a folder of that name
  microdot-websocket new sensor            what a board measures, in every browser that looks
  microdot-websocket new chat my_chat      a chat, in the folder my_chat
"""

from pathlib import Path

from . import Failed

APPS = Path(__file__).with_name('apps')
NAMES = 'echo', 'sensor', 'chat'
NEXT = """\
Next: cd {folder}, then
  microdot-websocket serve main.py    on this computer: http://127.0.0.1:5000
and with a board that is plugged in
  microdot-websocket wifi             once: it joins your network from then on
  microdot-websocket install          once: Microdot and this package
  microdot-websocket run main.py      prints the address of its page"""


def add_arguments(parser):
    parser.add_argument('app', nargs='?', choices=NAMES, default=NAMES[0], help='default: echo')
    parser.add_argument('folder', nargs='?', type=Path, help="where to; default: the app's name")


def contents(app):
    """{name: text} of an application's files."""
    sources = {'main.py': f'{app}.py', 'index.html': f'{app}.html', 'wifi.py': 'wifi.py'}
    return {name: (APPS / file).read_text('utf-8') for name, file in sources.items()}


def run(args):
    folder = args.folder or Path(args.app)
    files = contents(args.app)
    there = [str(folder / name) for name in files if (folder / name).exists()]
    if there:
        raise Failed(
            f'nothing was written: {", ".join(there)} would be overwritten: name another folder: '
            f'microdot-websocket new {args.app} FOLDER'
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())  # with the same ends of lines everywhere
            print(f'wrote {folder / name}')
    except OSError as error:
        raise Failed(f'{folder}: {error.strerror}: name a folder that you may write to')
    print(NEXT.format(folder=folder))
