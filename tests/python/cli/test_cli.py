from microdot_websocket.cli import Failed


def test_an_error_is_one_line():
    assert str(Failed('no board')) == 'no board'
