# make                  the service, its library and the benchmark tool, in build/release
# make BUILD=asan       the same under AddressSanitizer and UBSan (also: debug, tsan, cov)
# make check            the C unit tests of this build
# make postern, joust   one of them: the other's libraries are not needed
# make install          postern, headers, libpostern.a, pkg-config file (PREFIX, DESTDIR)
# make install-joust    joust and its man page
# COMMON_PASSWORDS=FILE another list of common passwords than Debian's, one a line

BUILD  ?= release
OUT    ?= build/$(BUILD)
PREFIX ?= /usr/local
VERSION := 0.1.0
zxcvbn := usr/lib/python3/dist-packages/zxcvbn/frequency_lists.py
COMMON_PASSWORDS ?= $(firstword $(wildcard /$(zxcvbn) build/lists/$(zxcvbn)) /$(zxcvbn))

LAYERS   := base json schema http crypto store api service
PACKAGES := sqlite3 libsodium libcrypto libseccomp
JOUST_LAYERS   := stats load joust
JOUST_PACKAGES := jansson cairo libcrypto

HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
          -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing
LINK   := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodlopen,--as-needed

OPT_release := -O2 $(HARDEN)
OPT_debug   := -O0
OPT_asan    := -O1 -DARENA_MALLOC -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT_fuzz    := -O1 -DARENA_MALLOC -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
OPT_tsan    := -O1 -fno-omit-frame-pointer -fsanitize=thread
OPT_cov     := -O0 --coverage
LINK_release := $(LINK)
LINK_asan   := -fsanitize=address,undefined
LINK_fuzz   := -fsanitize=address,undefined
LINK_tsan   := -fsanitize=thread
LINK_cov    := --coverage

WARN := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wvla -Wundef -Wformat=2 -Wwrite-strings -Wpointer-arith \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wimplicit-fallthrough

# clang 14 asks for a password before it zeroes variables; and CHECK(!"why") is no mistake.
CLANG := -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang -Wno-string-conversion
WARN  += $(if $(findstring clang,$(CC)),$(CLANG))

CFLAGS  ?= -g
CFLAGS_ALL = -std=gnu17 -D_GNU_SOURCE -Isrc -pthread -MMD -MP $(WARN) $(OPT_$(BUILD)) $(WERROR) \
             $(shell pkg-config --cflags $(PACKAGES)) $(CFLAGS)
# libsodium statically, so that argon2id's memory can be kept (src/crypto/hash_memory.h).
# -u: the wrappers are taken from libpostern.a whether or not the program hashes.
SODIUM := -l:libsodium.a -Wl,--wrap=mmap,--wrap=munmap,-u,__wrap_mmap
LDLIBS_ALL = $(shell pkg-config --libs $(filter-out libsodium,$(PACKAGES))) $(SODIUM) -lunistring -pthread

JOUST_LDLIBS = $(shell pkg-config --libs $(JOUST_PACKAGES)) -lm -pthread

objects = $(patsubst %.c,$(OUT)/%.o,$(wildcard $(1)))
library := $(call objects,$(LAYERS:%=src/%/*.c))
auth    := $(call objects,src/auth/*.c)
stats   := $(call objects,src/stats/*.c)
load    := $(stats) $(call objects,src/load/*.c)
joust   := $(load) $(call objects,src/joust/*.c)

fuzz_targets := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
units := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/*/test_*.c))

all: postern joust
postern: $(OUT)/postern $(OUT)/libpostern.a
joust: $(OUT)/joust

$(OUT)/libpostern.a: $(library)
	@rm -f $@
	$(AR) rcs $@ $^

$(OUT)/postern: $(auth) $(OUT)/libpostern.a
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(LDLIBS_ALL)

$(OUT)/joust: $(joust) $(OUT)/libpostern.a
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(JOUST_LDLIBS)

$(OUT)/src/joust/%.o: CFLAGS_ALL += $(shell pkg-config --cflags $(JOUST_PACKAGES))

$(OUT)/examples/%: $(OUT)/examples/%.o $(OUT)/libpostern.a
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(LDLIBS_ALL)

$(OUT)/unit/%: $(OUT)/tests/unit/%.o $(filter-out %/main.o,$(auth)) $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(LDLIBS_ALL) -lcmocka -ljansson

$(OUT)/unit/stats/%: $(OUT)/tests/unit/stats/%.o $(stats) $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(JOUST_LDLIBS) -lcmocka

$(OUT)/unit/load/%: $(OUT)/tests/unit/load/%.o $(load) $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(JOUST_LDLIBS) -lcmocka

$(OUT)/unit/joust/%: $(OUT)/tests/unit/joust/%.o $(filter-out %/main.o,$(joust)) $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(JOUST_LDLIBS) -lcmocka

$(OUT)/tests/fuzz/%.o: WARN += -Wno-missing-prototypes

# A fuzz target with a driver that runs its corpus, and, with clang, with libFuzzer.
$(OUT)/replay/%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/tests/fuzz/replay.o $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(LDLIBS_ALL) -ljansson

$(OUT)/fuzz/%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_$(BUILD)) -fsanitize=fuzzer -o $@ $^ $(LDLIBS_ALL) -ljansson

# Simulates campaigns of joust.
$(OUT)/bench/campaigns: $(OUT)/tests/bench/campaigns.o $(stats) $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_$(BUILD)) -o $@ $^ -lm

# What script/bench measures with.
$(OUT)/bench/%: $(OUT)/tests/bench/%.o $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_$(BUILD)) -o $@ $^ $(LDLIBS_ALL)

$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

# A table that is made, not kept.
$(OUT)/common_passwords.inc: script/common-passwords $(wildcard $(COMMON_PASSWORDS))
	@mkdir -p $(@D)
	script/common-passwords $(COMMON_PASSWORDS) >$@.new
	mv $@.new $@

$(OUT)/src/auth/common.o: CFLAGS_ALL += -I$(OUT)
$(OUT)/src/auth/common.o: $(OUT)/common_passwords.inc

# What the assembler takes in, the compiler does not name.
$(OUT)/src/api/docs.o: src/api/docs.html
$(OUT)/src/joust/report.o: src/joust/report.css

units: $(units)
replay: $(fuzz_targets:%=$(OUT)/replay/%)
fuzz: $(fuzz_targets:%=$(OUT)/fuzz/%)
check: $(units)
	@set -e; for unit in $(units); do $$unit; done

headers := src/postern.h $(wildcard $(LAYERS:%=src/%/*.h))

install: postern
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/postern
	install -m 755 $(OUT)/postern $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(OUT)/libpostern.a $(DESTDIR)$(PREFIX)/lib
	cd src && install -d $(LAYERS:%=$(abspath $(DESTDIR)$(PREFIX))/include/postern/%) && \
	    for header in $(headers:src/%=%); do install -m 644 $$header $(abspath $(DESTDIR)$(PREFIX))/include/postern/$$header; done
	printf 'prefix=%s\n\nName: postern\nDescription: A typed JSON-API layer\nVersion: %s\nCflags: -I$${prefix}/include/postern -pthread\nLibs: -L$${prefix}/lib -lpostern %s\n' \
	    '$(PREFIX)' '$(VERSION)' '$(LDLIBS_ALL)' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/postern.pc

install-joust: joust
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(OUT)/joust $(DESTDIR)$(PREFIX)/bin
	install -m 644 src/joust/joust.1 $(DESTDIR)$(PREFIX)/share/man/man1

clean:
	rm -rf build

.PHONY: all postern joust units replay fuzz check install install-joust clean
.SECONDARY:
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
