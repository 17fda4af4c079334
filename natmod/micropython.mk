# _wscodec as a user C module, for the ports that build with make. USER_C_MODULES names the folder
# above this one:
#     make USER_C_MODULES=path/to/this/project FROZEN_MANIFEST=... (see python/manifest.py)
WSCODEC_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(WSCODEC_DIR)/usermod_wscodec.c
SRC_USERMOD_LIB_C += $(WSCODEC_DIR)/ws_core.c $(WSCODEC_DIR)/ws_protocol.c
