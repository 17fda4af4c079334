# QEMU for the tests: the user's own where it is on PATH, else Debian's, unpacked in build/tools/qemu/.
build/bin/qemu-%: ports/qemu.sh
	@$(call debian_tools,$(notdir $@),qemu qemu-user qemu-system-arm qemu-system-misc)
	@mkdir -p $(@D) && install -m 755 ports/qemu.sh $@
