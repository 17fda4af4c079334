# _wscodec and _wsdeflate as user C modules, for the ports that build with CMake (esp32, rp2):
#     make USER_C_MODULES=/path/to/this/file FROZEN_MANIFEST=... (see python/manifest.py)
add_library(usermod_wscodec INTERFACE)

target_sources(usermod_wscodec INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}/usermod_wscodec.c
    ${CMAKE_CURRENT_LIST_DIR}/usermod_wsdeflate.c
    ${CMAKE_CURRENT_LIST_DIR}/ws_core.c
    ${CMAKE_CURRENT_LIST_DIR}/ws_protocol.c
    ${CMAKE_CURRENT_LIST_DIR}/ws_deflate.c
)

target_link_libraries(usermod INTERFACE usermod_wscodec)
