"""The part of unittest that the tests use, for MicroPython, which has none built in."""

import sys


class _Raises:
    def __init__(self, expected):
        self.expected = expected
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc, tb):
        if exc_type is None:
            raise AssertionError('%r not raised' % (self.expected,))
        if not issubclass(exc_type, self.expected):
            return False
        self.exception = exc
        return True


class _SubTest:
    def __init__(self, params):
        self.params = params

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc, tb):
        if exc_type is not None:
            print('  with', self.params)
        return False


class TestCase:
    def setUp(self):
        pass

    def tearDown(self):
        pass

    def subTest(self, **params):
        return _SubTest(params)

    def fail(self, msg=''):
        raise AssertionError(msg)

    def assertEqual(self, a, b, msg=''):
        assert a == b, msg or '%s != %s' % (_short(a), _short(b))

    def assertNotEqual(self, a, b, msg=''):
        assert a != b, msg or '%s == %s' % (_short(a), _short(b))

    def assertTrue(self, a, msg=''):
        assert a, msg or '%s is not true' % _short(a)

    def assertFalse(self, a, msg=''):
        assert not a, msg or '%s is not false' % _short(a)

    def assertIs(self, a, b, msg=''):
        assert a is b, msg or '%s is not %s' % (_short(a), _short(b))

    def assertIsNone(self, a, msg=''):
        assert a is None, msg or '%s is not None' % _short(a)

    def assertIn(self, a, b, msg=''):
        assert a in b, msg or '%s is not in %s' % (_short(a), _short(b))

    def assertGreater(self, a, b, msg=''):
        assert a > b, msg or '%r is not greater than %r' % (a, b)

    def assertLessEqual(self, a, b, msg=''):
        assert a <= b, msg or '%r is greater than %r' % (a, b)

    def assertRaises(self, expected, f=None, *args):
        raises = _Raises(expected)
        if f is None:
            return raises
        with raises:
            f(*args)


def _short(value):
    text = repr(value)
    return text if len(text) < 300 else text[:300] + '...'


def run_class(cls, results):
    """Run the test methods of one class; counts go into results['passed'] and ['failed']."""
    for name in sorted(dir(cls)):
        if not name.startswith('test'):
            continue
        case = cls()
        try:
            case.setUp()
            try:
                getattr(case, name)()
            finally:
                case.tearDown()
            results['passed'] += 1
        except Exception as exc:
            results['failed'] += 1
            print('FAILED %s.%s' % (cls.__name__, name))
            sys.print_exception(exc)
