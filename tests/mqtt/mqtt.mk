# What tests/mqtt starts: mosquitto, and an MQTT client for MicroPython.
.PHONY: mqtt
mqtt: build/venv/.ready build/bin/mosquitto build/mqtt/lib/aiomqttc.py

build/bin/mosquitto: tests/mqtt/mosquitto.sh
	@$(call debian_tools,mosquitto,mosquitto mosquitto)
	@mkdir -p $(@D) && install -m 755 $< $@

build/mqtt/lib/aiomqttc.py: build/venv/.ready tests/mqtt/requirements.txt
	@rm -rf $(@D)
	@$(call pip_install,--no-deps --no-compile --require-hashes --target $(@D) -r tests/mqtt/requirements.txt)
	@touch $@
