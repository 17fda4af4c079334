# _wscodec and _wsdeflate as user C modules, for the ports that build with make. USER_C_MODULES names
# the folder above this one:
#     make USER_C_MODULES=path/to/this/project FROZEN_MANIFEST=... (see python/manifest.py)
WSCODEC_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(WSCODEC_DIR)/usermod_wscodec.c $(WSCODEC_DIR)/usermod_wsdeflate.c
SRC_USERMOD_LIB_C += $(WSCODEC_DIR)/ws_core.c $(WSCODEC_DIR)/ws_protocol.c $(WSCODEC_DIR)/ws_deflate.c
