# An allocator that can be told to fail: see oom.c. The linker sends the calls here (--wrap).
OOM_DIR := $(USERMOD_DIR)
SRC_USERMOD_C += $(OOM_DIR)/oom.c
LDFLAGS_USERMOD += -Wl,--wrap=gc_alloc -Wl,--wrap=gc_realloc -Wl,--wrap=mp_obj_exception_add_traceback
