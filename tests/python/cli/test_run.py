import io

from microdot_websocket.cli.run import CODE, Output


def test_what_the_board_prints_is_passed_on_without_the_line_on_the_mount():
    stream = io.BytesIO()
    output = Output(stream)
    for piece in b'Local directory /a', b' b is mounted at /remote\nhel', b'lo':
        output.show(piece)
    assert stream.getvalue() == b'hello'


def test_a_name_is_quoted():
    compile(CODE.format(name="it's.py"), '', 'exec')
