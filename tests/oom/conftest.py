"""Which of test_injection.py's tests there are."""


def pytest_collection_modifyitems(config, items):
    from .test_injection import IN_SAMPLE

    if not config.getoption('--whole'):
        items[:] = [item for item in items if is_sampled(item, IN_SAMPLE)]


def is_sampled(item, sample):
    parameters = getattr(item, 'callspec', None)
    return not parameters or (parameters.params['way'], parameters.params['name']) in sample
