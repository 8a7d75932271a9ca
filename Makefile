# vane - one Makefile, no recursion. `make help` lists what it can do.
#
# A folder under plugins/ is a plugin; a file tests/unit/X_test.c is a unit test; a file
# tests/fuzz/X_fuzz.c is a fuzzer. None of them is listed here: only what they link is.

PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
V       ?= 0
SANITIZE ?=
CFLAGS  ?= -O2 -g

# ---- Libraries, by plugin (package names for pkg-config) ----
PKG_binance_ws := libwebsockets libcjson
PKG_kafka_in   := rdkafka
PKG_kafka_out  := rdkafka
PKG_influx_out := libcurl zlib
PKG_host       := libcjson

# ---- Settings ----
BUILD   := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
OBJ     := $(BUILD)/obj
comma   := ,
WARN    := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wno-format-truncation -Wno-unknown-warning-option -Werror
FLAGS   := -std=c11 -D_GNU_SOURCE -DVANE_VERSION='"$(VERSION)"' -DVANE_PREFIX='"$(PREFIX)"' -I. \
           $(WARN) -fPIC -fvisibility=hidden -fno-omit-frame-pointer -pthread -MMD -MP
ifneq ($(SANITIZE),)
FLAGS   += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
LINK    := -fsanitize=$(SANITIZE)
endif
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' $(1) $(2))

HOST_SRC   := $(filter-out core/main.c,$(wildcard core/*.c core/format/*.c config/*.c))
HOST_OBJ   := $(HOST_SRC:%.c=$(OBJ)/%.o)
SHARED_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(wildcard plugins/shared/*.c))
PLUGINS    := $(filter-out shared,$(notdir $(patsubst %/,%,$(wildcard plugins/*/))))
PLUGIN_SO  := $(PLUGINS:%=$(BUILD)/plugins/%.so)
TESTS      := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c))
HOST_LIBS  := $(shell pkg-config --libs $(PKG_host) 2>/dev/null) -lm -ldl -pthread

.PHONY: all help clean unit
all: $(BUILD)/vane $(PLUGIN_SO) ## Build the agent and its plugins (the default)

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

clean: ## Remove everything that was built
	rm -rf build

# ---- The host ----
$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) $(CPPFLAGS) $(CFLAGS_$*) -c $< -o $@

$(BUILD)/vane: $(OBJ)/core/main.o $(HOST_OBJ) core/vane.syms
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--dynamic-list=core/vane.syms $(HOST_LIBS)

# ---- Plugins: all of plugins/NAME/*.c, what they use of plugins/shared, their libraries ----
$(BUILD)/shared.a: $(SHARED_OBJ)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

define plugin
$(BUILD)/plugins/$(1).so: $(patsubst %.c,$(OBJ)/%.o,$(wildcard plugins/$(1)/*.c)) $(BUILD)/shared.a
	@mkdir -p $$(@D)
	$$(call say,SO,$$@)
	$$(Q)$$(CC) $$(LINK) $$(LDFLAGS) -shared -o $$@ $$(filter %.o,$$^) $(BUILD)/shared.a \
	    $$(if $(PKG_$(1)),$$(shell pkg-config --libs $(PKG_$(1)))) -lm -pthread
endef
$(foreach p,$(PLUGINS),$(eval $(call plugin,$(p))))

# ---- Unit tests: each one program, linked with the host (not its main) ----
$(BUILD)/tests/%_test: $(OBJ)/tests/unit/%_test.o $(HOST_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--dynamic-list=core/vane.syms \
	    -lcmocka $(HOST_LIBS)

unit: $(TESTS) ## Build and run the unit tests
	@for t in $(TESTS); do $$t || exit 1; done

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
