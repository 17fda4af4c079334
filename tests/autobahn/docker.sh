#!/bin/sh
# build/bin/wstest, in Docker. The files that it reads and writes have the same path in the container.
reports=$(dirname "$(dirname "$(readlink -f "$0")")")/autobahn
exec docker run --rm --network host --user "$(id -u):$(id -g)" --volume "$reports:$reports" \
	crossbario/autobahn-testsuite:0.8.2 wstest "$@"
