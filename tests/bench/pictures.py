"""Draws the last results as docs/bench/*.svg, which the README shows."""

import statistics

import broadcast
import codec
import echo
import loads
import matplotlib
import memory
import message
import report
from cpython_servers import TITLES
from interpreters import ROOT

matplotlib.use('svg')
from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402

FOLDER = ROOT / 'docs' / 'bench'
OURS, OURS_TOO, MICRODOT, OTHERS = '#1f5fa8', '#8fb8e0', '#e08a2e', '#a8a8a8'
WAITING = '#5588c2'
COLOURS = {
    'native': OURS,
    'python': OURS_TOO,
    'waiting': WAITING,
    'cpython': OURS,
    'microdot': MICRODOT,
    'microdot-cpython': MICRODOT,
}
STYLE = {
    'svg.fonttype': 'none',  # text, which is smaller than its outlines
    'svg.hashsalt': 'bench',  # the same results give the same file
    'font.family': 'sans-serif',
    'font.sans-serif': ['DejaVu Sans'],
    'font.size': 9,
    'axes.titlesize': 9,
    'axes.spines.top': False,
    'axes.spines.right': False,
}


def colour(name):
    return COLOURS.get(name, OTHERS)


def short(value):
    """A figure beside its bar: three digits."""
    for unit, name in (1e6, 'M'), (1e3, 'k'):
        if value >= unit:
            return f'{value / unit:.3g}{name}'
    return f'{value:.3g}'


def bars(axes, values, labels):
    """A horizontal bar with its figure for each of values, {name: number}, the first at the top."""
    names = list(values)[::-1]
    widths = [values[name] for name in names]
    drawn = axes.barh(
        range(len(names)),
        widths,
        tick_label=[labels[name] for name in names],
        color=[colour(name) for name in names],
    )
    axes.bar_label(drawn, [short(width) for width in widths], padding=4)
    axes.margins(x=0.25)
    axes.tick_params(axis='y', length=0)


def sizes_axis(axes, sizes, title):
    axes.set_xscale('log', base=2)
    axes.set_xticks(sizes, [report.size(size) for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(title)


def numbers_axis(axis):
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axis.set_minor_locator(NullLocator())


def save(figure, name):
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f'{name}.svg'
    figure.savefig(path, facecolor='white', metadata={'Date': None})
    pyplot.close(figure)
    print(f'-> {path.relative_to(ROOT)}')


def draw_echo():
    results = report.read('echo')
    # By the client that sends many in a system call, where there is that.
    loads = {load['size']: load for load in results['echo'] if load['window'] > 1}
    loads |= {load['size']: load for load in results['echo'] if load['client'] == 'batch'}
    names = [name for name in echo.SERVERS if name != 'raw']
    figure, panels = pyplot.subplots(1, 4, sharey=True, figsize=(10, 3), layout='constrained')
    shown = [loads[size] for size in (16, 1024, 65536, 1 << 20)]
    for axes, load in zip(panels, shown):
        medians = {name: statistics.median(load['rate'][name]) for name in names}
        bars(axes, medians, echo.SERVERS)
        axes.set_title(f'messages of {report.size(load["size"])}')
        axes.set_xlabel('messages per second')
        numbers_axis(axes.xaxis)
    title = 'Echo over loopback, 64 messages in flight: more is better'
    figure.suptitle(f'{title} ({results["machine"]})', size=10)
    save(figure, 'echo')


def draw_cpython():
    results = report.read('cpython')
    batch = loads.find(results['echo'], (loads.WINDOW, 'batch'), 16)['cpu']
    single = loads.find(results['echo'], (1, 'each'), 65536)['cpu']
    to_many = {name: [turn[0] for turn in turns] for name, turns in results['broadcast'].items()}
    memory = {name: [turn['memory'] for turn in turns] for name, turns in results['idle'].items()}
    figure, panels = pyplot.subplots(1, 4, sharey=True, figsize=(10, 2.6), layout='constrained')
    for axes, of, title, unit in (
        (panels[0], batch, f'echo of 16 B, {loads.WINDOW} in flight', 'microseconds'),
        (panels[1], single, 'echo of 64 KiB, one at a time', 'microseconds'),
        (panels[2], to_many, f'16 B to one of {broadcast.CLIENTS}', 'microseconds'),
        (panels[3], memory, 'an idle connection', 'bytes of memory'),
    ):
        medians = {name: statistics.median(of[name]) for name in TITLES}
        if max(medians.values()) > 20 * min(medians.values()):
            axes.set_xscale('log')
        bars(axes, medians, TITLES)
        axes.set_title(title)
        axes.set_xlabel(unit)
        numbers_axis(axes.xaxis)
    title = "On CPython's asyncio, CPU time of the server for a message, and memory: less is better"
    figure.suptitle(f'{title} ({results["machine"]})', size=10)
    save(figure, 'cpython')


def draw_memory():
    servers = report.read('memory')['servers']
    figure, panels = pyplot.subplots(
        1, 3, figsize=(10, 2.6), layout='constrained', width_ratios=(1.3, 1, 1)
    )
    sizes = {size: report.message(size, False) for size in (16, 4096, 16384, 65536)}
    for impl, of in servers.items():
        heaps = [of['heap'][name] / 1024 for name in sizes.values()]
        panels[0].plot(list(sizes), heaps, 'o-', color=colour(impl), label=memory.IMPLS[impl])
    sizes_axis(panels[0], list(sizes), 'size of the message')
    panels[0].set_ylabel('KiB')
    panels[0].set_ylim(bottom=0)
    panels[0].set_title('The smallest heap that echoes')
    panels[0].legend(frameon=False)
    for axes, kept, title in (
        (panels[1], 'import', 'The import, on top of Microdot'),
        (panels[2], 'connection', 'An idle connection'),
    ):
        bars(axes, {impl: of[kept] for impl, of in servers.items()}, dict.fromkeys(servers, ''))
        axes.set_yticks([])
        axes.set_xlabel('bytes of the heap')
        axes.set_title(title)
        numbers_axis(axes.xaxis)
    figure.suptitle('RAM on a 32-bit machine: less is better', size=10)
    save(figure, 'memory')


def draw_codec():
    results = report.read('codec')
    figure, panels = pyplot.subplots(1, 3, sharey=True, figsize=(10, 2.4), layout='constrained')
    labels = {name: label for name, (_, label) in codec.CODECS.items()}
    for axes, name in zip(panels, ('armv6m', 'xtensawin', 'x64')):
        values = {}
        for impl, functions in results['machines'][name].items():
            sizes = functions['memcpy' if impl == 'memcpy' else 'unmask']
            values[impl] = (sizes['4096'][0] - sizes['0'][0]) / 4096
        axes.set_xscale('log')
        bars(axes, values, labels)
        axes.margins(x=0.3)
        axes.set_xlabel(codec.MACHINES[name].title.split(', ')[-1] + ' per byte')
        axes.set_title(codec.MACHINES[name].title.split(', ')[0])
        numbers_axis(axes.xaxis)
    figure.suptitle('Unmasking 4 KiB: less is better', size=10)
    save(figure, 'codec')


def draw_message():
    results = report.read('message')
    figure, panels = pyplot.subplots(1, 2, sharey=True, figsize=(10, 3), layout='constrained')
    names = [name for name in results['servers']['native'] if name != message.FLOOR]
    for axes, (direction, what) in zip(panels, message.DIRECTIONS.items()):
        for i, (impl, messages) in enumerate(results['servers'].items()):
            places = [at + 0.16 * (i - 2) for at in range(len(names))]
            heights = [message.median(messages, name, direction, 'net cycles') for name in names]
            drawn = axes.bar(places, heights, 0.16, color=colour(impl), label=message.LABELS[impl])
            axes.bar_label(
                drawn, [short(height) for height in heights], size=6, padding=2, rotation=90
            )
        axes.set_yscale('log')
        axes.margins(y=0.15)
        axes.set_xticks(range(len(names)), names)
        axes.set_title(f'One message {what}')
        numbers_axis(axes.yaxis)
    panels[0].set_ylabel('cycles')
    panels[0].legend(frameon=False, loc='upper left')
    figure.suptitle('Cycles of an RP2040 for one message, net: less is better', size=10)
    save(figure, 'message')


def main(options):
    with pyplot.rc_context(STYLE):
        for draw in draw_echo, draw_cpython, draw_memory, draw_codec, draw_message:
            draw()
