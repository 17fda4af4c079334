# What RPI_PICO freezes, less the drivers of micropython-lib: Debian's source has no such folder.
freeze('$(PORT_DIR)/modules')
include('$(MPY_DIR)/extmod/asyncio')
