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
PKG_binance_ws := libwebsockets libcjson openssl
PKG_kafka_in   := rdkafka
PKG_kafka_out  := rdkafka
PKG_influx_out := libcurl zlib libcjson
PKG_forecast   := libcjson
PKG_lua        := lua5.4

# ---- Settings ----
comma   := ,
BUILD   := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
OBJ     := $(BUILD)/obj
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

HOST_SRC   := $(filter-out core/main.c,$(wildcard core/*.c core/match/*.c core/expression/*.c core/format/*.c config/*.c))
HOST_OBJ   := $(HOST_SRC:%.c=$(OBJ)/%.o)
SHARED_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(wildcard plugins/shared/*.c))
PLUGIN_SRC  = $(wildcard plugins/$(1)/*.c plugins/$(1)/*/*.c)
PLUGINS    := $(filter-out shared,$(notdir $(patsubst %/,%,$(wildcard plugins/*/))))
PLUGIN_SO  := $(PLUGINS:%=$(BUILD)/plugins/%.so)
TESTS      := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c))
HOST_LIBS  := -lm -ldl -pthread

TOOLS      := $(BUILD)/tests/toml_decode $(BUILD)/tests/exchange $(BUILD)/tests/forecast_run \
              $(BUILD)/tests/prophet_fit
TEST_SO    := $(patsubst tests/plugins/%.c,$(BUILD)/tests/plugins/%.so,$(wildcard tests/plugins/*.c))
FUZZERS    := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
BENCHES    := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*_bench.c))

# Names that Telegraf has for the same plugins.
ALIASES    := kafka_consumer:kafka_in influxdb_v2:influx_out influxdb:influx_out
alias_of    = $(word 1,$(subst :, ,$(1)))
target_of   = $(word 2,$(subst :, ,$(1)))

.PHONY: all help clean unit check-floors check-syms docs install test-programs bench demo demo-stack
all: $(BUILD)/vane $(PLUGIN_SO) aliases $(BUILD)/lua $(BUILD)/holidays ## Build the agent and its plugins (the default)

# Objects on the way to a program are kept: the next build needs them.
.SECONDARY:

.PHONY: aliases
aliases: $(PLUGIN_SO)
	@$(foreach a,$(ALIASES),ln -sf $(call target_of,$(a)).so $(BUILD)/plugins/$(call alias_of,$(a)).so;)

# Where lua.so looks for the ready transforms: beside the plugins' folder.
$(BUILD)/lua: | $(BUILD)/vane
	$(Q)ln -sfn $(CURDIR)/lua $@

# Where forecast.so looks for the holidays of countries.
$(BUILD)/holidays: | $(BUILD)/vane
	$(Q)ln -sfn $(CURDIR)/config/holidays $@

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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
$(BUILD)/plugins/$(1).so: $(patsubst %.c,$(OBJ)/%.o,$(PLUGIN_SRC)) $(BUILD)/shared.a
	@mkdir -p $$(@D)
	$$(call say,SO,$$@)
	$$(Q)$$(CC) $$(LINK) $$(LDFLAGS) -shared -o $$@ $$(filter %.o,$$^) $(BUILD)/shared.a \
	    $$(if $(PKG_$(1)),$$(shell pkg-config --libs $(PKG_$(1)))) -lm -pthread
endef
$(foreach p,$(PLUGINS),$(eval $(call plugin,$(p))))

# ---- Tests: unit tests are linked with the host (not its main) ----
$(BUILD)/tests/%_test: $(OBJ)/tests/unit/%_test.o $(HOST_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--dynamic-list=core/vane.syms \
	    -lcmocka -lcjson $(HOST_LIBS)

# Parts of tools and plugins that have unit tests of their own.
EXCHANGE_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/tools/exchange/*.c))
EXCHANGE_TESTS := $(BUILD)/tests/exchange_test $(BUILD)/tests/exchange_market_test
$(EXCHANGE_TESTS): $(filter-out %/main.o,$(EXCHANGE_OBJ))
$(EXCHANGE_TESTS): HOST_LIBS += -lcjson -lssl -lcrypto

# forecast without its models: these tests bring doubles of them.
FORECAST_TESTS := $(patsubst %,$(BUILD)/tests/forecast_%_test,series state plan saved_model)
$(FORECAST_TESTS): $(patsubst %,$(OBJ)/plugins/forecast/%.o,history series panel plan plan_prophet groups tally components \
                     saved_model countries judge/backtest state_key) \
                   $(OBJ)/plugins/shared/memory.o

LUA_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(wildcard plugins/lua/*.c))
LUA_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/lua_*_test.c))
$(LUA_TESTS): $(filter-out %/lua.o,$(LUA_OBJ)) $(OBJ)/plugins/shared/memory.o $(BUILD)/lua
$(LUA_TESTS): HOST_LIBS += -llua5.4
$(BUILD)/fuzz/lua_state_fuzz: $(patsubst $(OBJ)/%,$(OBJ)/fuzz/%,$(filter-out %/lua.o,$(LUA_OBJ))) \
                              $(OBJ)/fuzz/plugins/shared/memory.o | $(BUILD)/lua
$(BUILD)/fuzz/lua_state_fuzz: HOST_LIBS += -llua5.4

# The window plugin is called directly by its tests and its bench.
WINDOW_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(wildcard plugins/window/*.c plugins/window/*/*.c)) $(OBJ)/plugins/shared/memory.o
WINDOW_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/window_*_test.c))
# Those of what it saves hold its state.c.
WINDOW_SAVED := $(BUILD)/tests/window_state_test $(BUILD)/bench/window_bench
$(filter-out $(WINDOW_SAVED),$(WINDOW_TESTS)): $(WINDOW_OBJ)
$(WINDOW_SAVED): $(filter-out %/window/state.o,$(WINDOW_OBJ))

$(BUILD)/tests/exchange: $(EXCHANGE_OBJ) $(OBJ)/core/alloc.o $(OBJ)/core/error.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $^ -lcjson -lssl -lcrypto -lm -pthread

# Prophet's model alone: its unit tests, the program that real Prophet is compared with, its bench. The kernels may
# fuse a product and a sum where the CPU has that.
CFLAGS_plugins/forecast/prophet/kernel := -ffp-contract=fast
PROPHET_SRC := $(filter-out %/prophet_model.c,$(wildcard plugins/forecast/prophet/*.c)) plugins/shared/memory.c
PROPHET_OBJ := $(PROPHET_SRC:%.c=$(OBJ)/%.o)
PROPHET_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/prophet_*_test.c))
$(PROPHET_TESTS) $(BUILD)/bench/prophet_bench: $(PROPHET_OBJ)
$(BUILD)/bench/prophet_bench: HOST_LIBS += -lcjson
$(BUILD)/fuzz/prophet_json_fuzz: $(PROPHET_SRC:%.c=$(OBJ)/fuzz/%.o)

# All of forecast but its callbacks; the fuzzer brings state.c, to see what is saved.
FORECAST_FUZZ := $(filter-out %/forecast.c %/state.c %/emit.c,$(wildcard plugins/forecast/*.c plugins/forecast/*/*.c))
$(BUILD)/fuzz/forecast_state_fuzz: $(patsubst %.c,$(OBJ)/fuzz/%.o,$(FORECAST_FUZZ) plugins/shared/memory.c)

$(BUILD)/tests/prophet_fit: $(OBJ)/tests/tools/prophet_fit.o $(PROPHET_OBJ) $(HOST_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $^ -lcjson $(HOST_LIBS)

# The models and the judge of forecasts: their unit tests, the program that runs them on a CSV, their bench.
MODELS_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(foreach d,models judge prophet,$(wildcard plugins/forecast/$(d)/*.c))) \
              $(OBJ)/plugins/shared/memory.o
MODELS_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/forecast_model_*_test.c \
                tests/unit/forecast_judge_*_test.c))
$(MODELS_TESTS) $(BUILD)/bench/forecast_bench: $(MODELS_OBJ)
$(BUILD)/tests/forecast_model_prophet_test: $(OBJ)/plugins/forecast/components.o
$(BUILD)/bench/forecast_bench $(BUILD)/tests/forecast_run: HOST_LIBS += -lcjson

$(BUILD)/tests/forecast_run: $(OBJ)/tests/tools/forecast_run.o $(MODELS_OBJ) $(HOST_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $^ $(HOST_LIBS)

$(BUILD)/tests/toml_decode: $(OBJ)/tests/tools/toml_decode.o $(HOST_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $^ $(HOST_LIBS)

$(BUILD)/tests/plugins/%.so: $(OBJ)/tests/plugins/%.o
	@mkdir -p $(@D)
	$(call say,SO,$@)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -shared -o $@ $^ -lm

test-programs: all $(TESTS) $(TOOLS) $(TEST_SO)

unit: test-programs check-floors check-syms ## Build and run the unit tests
	@tests/run.py --unit --build $(BUILD)

test: ## Install what is needed, build, run every test (`make test-full`: also those that take long to prepare)
	@packaging/install-dependencies test
	@$(MAKE) test-programs check-floors check-syms
	@tests/run.py --build $(BUILD)

test-full:
	@packaging/install-dependencies full
	@$(MAKE) test-programs check-floors check-syms
	@tests/run.py --full --build $(BUILD)

# A fuzzer is built with clang; what it links of the host is instrumented, once for all.
FUZZ_FLAGS := $(filter-out -fvisibility=hidden,$(FLAGS)) -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
              -fno-sanitize-recover=all
FUZZ_OBJ   := $(HOST_SRC:%.c=$(OBJ)/fuzz/%.o)
$(OBJ)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)clang $(FUZZ_FLAGS) -c $< -o $@

$(BUILD)/fuzz/window_state_fuzz: $(patsubst $(OBJ)/%,$(OBJ)/fuzz/%,$(filter-out %/window/state.o,$(WINDOW_OBJ)))

$(BUILD)/fuzz/%: $(OBJ)/fuzz/tests/fuzz/%.o $(FUZZ_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)clang -fsanitize=fuzzer,address,undefined -o $@ $^ -lcjson -lz $(HOST_LIBS)

FUZZ_TIME ?= 20
fuzz: $(FUZZERS) ## Run every fuzzer for FUZZ_TIME seconds
	@tests/fuzz/run $(FUZZ_TIME) $(FUZZERS)

# ---- Benchmarks ----
$(BUILD)/bench/%_bench: $(OBJ)/tests/bench/%_bench.o $(HOST_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--dynamic-list=core/vane.syms $(HOST_LIBS)

# The bench of lua is built around the plugin's main file.
$(BUILD)/bench/lua_bench: $(filter-out %/lua.o,$(LUA_OBJ)) $(OBJ)/plugins/shared/memory.o $(BUILD)/lua
$(BUILD)/bench/lua_bench: HOST_LIBS += -llua5.4

BENCH_TOOLS := $(addprefix $(BUILD)/bench/,sink consume produce)
$(BENCH_TOOLS): $(BUILD)/bench/%: $(OBJ)/tests/bench/%.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs rdkafka 2>/dev/null)

bench: ## Measure, beside Telegraf where it can be had, and print a table
	@packaging/install-dependencies bench
	@$(MAKE) -s $(JOBS) all $(BUILD)/tests/exchange $(BENCHES) $(BENCH_TOOLS)
	@VANE_BUILD=$(BUILD) build/venv/bin/python tests/bench/run.py

# ---- Demos ----
JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

demo: ## Live ticks on the terminal (DURATION=20s, EXCHANGE=real)
	@packaging/install-dependencies demo
	@$(MAKE) -s $(JOBS) all $(BUILD)/tests/exchange
	@VANE_BUILD=$(BUILD) tests/tools/foreground tests/tools/demo

demo-stack: ## The whole chain on a real Kafka and a real InfluxDB, which it starts (DURATION=20s)
	@packaging/install-dependencies test
	@$(MAKE) -s $(JOBS) all $(BUILD)/tests/exchange
	@VANE_BUILD=$(BUILD) tests/tools/foreground build/venv/bin/python -B tests/tools/demo_stack.py

# ---- Rules of the house ----
check-floors: ## Does every file include only lower floors?
	@tests/tools/check-floors

check-syms: ## Does core/vane.syms list what plugin.h declares?
	@tests/tools/check-syms

docs: all ## Write the options tables of the READMEs of all plugins
	@for p in $(PLUGINS); do $(BUILD)/vane help $$p --readme plugins/$$p/README.md || exit 1; done

# ---- Installing ----
install: all ## Install into DESTDIR/PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/vane/plugins $(DESTDIR)$(PREFIX)/include/vane
	install -m 755 $(BUILD)/vane $(DESTDIR)$(PREFIX)/bin/vane
	install -m 644 core/plugin.h $(DESTDIR)$(PREFIX)/include/vane/plugin.h
	install -m 644 $(PLUGIN_SO) $(DESTDIR)$(PREFIX)/lib/vane/plugins
	$(foreach a,$(ALIASES),ln -sf $(call target_of,$(a)).so $(DESTDIR)$(PREFIX)/lib/vane/plugins/$(call alias_of,$(a)).so;)
	install -d $(DESTDIR)$(PREFIX)/share/vane/config
	install -m 644 $(wildcard config/*.toml) $(DESTDIR)$(PREFIX)/share/vane/config
	install -d $(DESTDIR)$(PREFIX)/share/vane/config/holidays
	install -m 644 $(wildcard config/holidays/*.csv) $(DESTDIR)$(PREFIX)/share/vane/config/holidays
	install -d $(DESTDIR)$(PREFIX)/share/vane/lua
	install -m 644 $(wildcard lua/*.lua) $(DESTDIR)$(PREFIX)/share/vane/lua
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/bin/vane|$(PREFIX)/bin/vane|' packaging/vane.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/vane.service

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
