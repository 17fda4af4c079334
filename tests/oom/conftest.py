"""Which of test_injection.py's tests there are."""


def pytest_collection_modifyitems(config, items):
    from .test_injection import IN_SAMPLE

    whole = config.getoption('--whole')
    items[:] = [item for item in items if is_asked_for(item, whole, IN_SAMPLE)]


def is_asked_for(item, whole, sample):
    parameters = getattr(item, 'callspec', None)
    if not parameters:
        return True
    way, name = parameters.params['way'], parameters.params['name']
    return way == whole if whole else (way, name) in sample
