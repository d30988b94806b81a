// SPDX-License-Identifier: Apache-2.0
// on_egress and on_ingress on crafted packets, through BPF_PROG_TEST_RUN.
// Needs CAP_BPF; where the kernel refuses the load, each test says so and
// skips.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "bpf/event.h"
#include "nameward.skel.h"

namespace
{

static_assert(sizeof(nw_identity) == 88);
static_assert(sizeof(nw_header) == 120);
static_assert(sizeof(nw_endpoint) == 24);
static_assert(sizeof(nw_connect) == 200);
static_assert(sizeof(nw_payload) == 216);
static_assert(sizeof(nw_flow) == 200);
static_assert(sizeof(nw_socket) == 136);
static_assert(sizeof(nw_cgroup) == 400);
static_assert(sizeof(nw_exe) == 392);
static_assert(NW_ERROR_STORAGE_MISS == 16);

using Bytes = std::string;

Bytes Be16(unsigned value)
{
	return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

Bytes Query()
{
	return Be16(0x1234) + Be16(0x0100) + Be16(1) + Be16(0) + Be16(0) + Be16(0) +
	       Bytes("\3www\7example\0", 13) + Be16(1) + Be16(1);
}

Bytes Answer()
{
	Bytes out = Query();
	out[2] = '\x81';
	return out;
}

Bytes Udp(unsigned from, unsigned to, const Bytes &payload)
{
	return Be16(from) + Be16(to) + Be16(8 + static_cast<unsigned>(payload.size())) + Be16(0) +
	       payload;
}

Bytes V4(char proto, const Bytes &l4)
{
	const Bytes ethernet = Bytes(12, '\0') + Be16(0x0800);
	return ethernet + Bytes("\x45\0", 2) + Be16(20 + static_cast<unsigned>(l4.size())) +
	       Bytes(4, '\0') + '\x40' + proto + Be16(0) + Bytes("\xc0\0\2\1\xc0\0\2\2", 8) + l4;
}

Bytes V6(char next, const Bytes &rest)
{
	return Bytes(12, '\0') + Be16(0x86dd) + Bytes("\x60\0\0\0", 4) +
	       Be16(static_cast<unsigned>(rest.size())) + next + '\x40' + Bytes(15, '\0') + '\1' +
	       Bytes(15, '\0') + '\2' + rest;
}

int Collect(void *to, void *data, size_t)
{
	const auto *header = static_cast<const nw_header *>(data);
	static_cast<std::vector<Bytes> *>(to)->emplace_back(static_cast<const char *>(data),
	                                                    header->length);
	return 0;
}

class PacketTest : public testing::Test
{
      protected:
	void SetUp() override
	{
		for (const char *egress : {"on_egress_typed", "on_egress_probe"}) {
			if (Load(egress))
				return;
		}
		GTEST_SKIP() << "the kernel loads no program: " << std::strerror(errno);
	}

	bool Load(const char *egress)
	{
		skeleton_ = nameward_bpf__open();
		if (skeleton_ == nullptr)
			return false;
		skeleton_->rodata->quota_rate = 0; // one cgroup sends all of it
		bpf_program *program = nullptr;
		bpf_object__for_each_program(program, skeleton_->obj)
		{
			const std::string name = bpf_program__name(program);
			bpf_program__set_autoload(program,
			                          name == egress || name == "on_ingress_plain");
		}
		if (nameward_bpf__load(skeleton_) != 0) {
			nameward_bpf__destroy(skeleton_);
			skeleton_ = nullptr;
			return false;
		}
		out_ = bpf_program__fd(bpf_object__find_program_by_name(skeleton_->obj, egress));
		in_ = bpf_program__fd(skeleton_->progs.on_ingress_plain);
		ring_ = ring_buffer__new(bpf_map__fd(skeleton_->maps.events), Collect, &records_,
		                         nullptr);
		return ring_ != nullptr;
	}

	void TearDown() override
	{
		ring_buffer__free(ring_);
		nameward_bpf__destroy(skeleton_);
	}

	// Returns ns per run.
	unsigned Run(int program, const Bytes &packet, int repeat = 1)
	{
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet.data(),
		            .data_size_in = static_cast<uint32_t>(packet.size()), .repeat = repeat);
		EXPECT_EQ(bpf_prog_test_run_opts(program, &opts), 0);
		EXPECT_EQ(opts.retval, 1U);
		ring_buffer__consume(ring_);
		return opts.duration;
	}

	unsigned Cost(int program, const Bytes &packet);

	std::vector<const nw_payload *> Payloads() const
	{
		std::vector<const nw_payload *> found;
		for (const Bytes &record : records_) {
			const auto *payload = reinterpret_cast<const nw_payload *>(record.data());
			if (payload->h.kind == NW_DNS_DATAGRAM)
				found.push_back(payload);
		}
		return found;
	}

	uint64_t Count(uint32_t index) const
	{
		std::vector<uint64_t> each(static_cast<size_t>(libbpf_num_possible_cpus()));
		bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.counters), &index, each.data());
		uint64_t sum = 0;
		for (uint64_t value : each)
			sum += value;
		return sum;
	}

	nameward_bpf *skeleton_ = nullptr;
	ring_buffer *ring_ = nullptr;
	int out_ = -1;
	int in_ = -1;
	std::vector<Bytes> records_;
};

TEST_F(PacketTest, ShipsQueryOfAnyPort)
{
	Run(out_, V4(17, Udp(4000, 5300, Query())));
	ASSERT_EQ(Payloads().size(), 1U);
	const nw_payload *p = Payloads()[0];
	EXPECT_EQ(p->remote.port, 5300);
	EXPECT_EQ(p->local.port, 4000);
	EXPECT_EQ(p->remote.addr[10], 0xff);
	EXPECT_EQ(p->remote.addr[15], 2);
	EXPECT_EQ(p->size, Query().size());
	EXPECT_EQ(p->total, Query().size());
	EXPECT_EQ(std::memcmp(p + 1, Query().data(), p->size), 0);
	EXPECT_EQ(p->h.length, sizeof(*p) + p->size);
}

TEST_F(PacketTest, ShipsAnswerOnlyInwards)
{
	Run(out_, V4(17, Udp(53, 4000, Answer())));
	EXPECT_TRUE(Payloads().empty());
	Run(in_, V4(17, Udp(5300, 4000, Answer())));
	ASSERT_EQ(Payloads().size(), 1U);
	EXPECT_TRUE(Payloads()[0]->h.flags & NW_F_INGRESS);
}

TEST_F(PacketTest, TakesAnythingToPort53)
{
	Run(out_, V4(17, Udp(4000, 53, "x")));
	ASSERT_EQ(Payloads().size(), 1U);
	EXPECT_EQ(Payloads()[0]->size, 1U);
}

TEST_F(PacketTest, LeavesOtherDatagramsAlone)
{
	Run(out_, V4(17, Udp(4000, 443, Bytes(1200, '\xc3'))));
	EXPECT_TRUE(Payloads().empty());
}

TEST_F(PacketTest, WalksExtensionHeaders)
{
	const Bytes options = Bytes("\x3c\0\1\4\0\0\0\0", 8) + Bytes("\x11\0\1\4\0\0\0\0", 8);
	Run(out_, V6(0, options + Udp(4000, 5300, Query())));
	EXPECT_EQ(Payloads().size(), 1U);
}

TEST_F(PacketTest, ClosesTheLedger)
{
	for (int i = 0; i < 10; i++)
		Run(out_, V4(17, Udp(4000, 53, Query())));
	const uint32_t row = uint32_t{NW_CLASS_QUERY} * uint32_t{NW_FATES};
	EXPECT_EQ(Count(row + NW_OFFERED), 10U);
	EXPECT_EQ(Count(row + NW_OFFERED), Count(row + NW_SENT) + Count(row + NW_DROPPED_FULL) +
	                                       Count(row + NW_DROPPED_QUOTA));
}

// What the verifier walks is what a start takes; before 6.2 it walks some half
// more, and after a million it refuses.
TEST_F(PacketTest, TakesTheVerifierFewSteps)
{
	for (const int program : {out_, in_}) {
		bpf_prog_info info = {};
		uint32_t size = sizeof info;
		ASSERT_EQ(bpf_obj_get_info_by_fd(program, &info, &size), 0);
		EXPECT_LT(info.verified_insns, 60000U); // 0 before 5.16
	}
}

// A program that only lets the packet pass: what the kernel's own part costs.
int LoadEmpty()
{
	const bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
	                         {.code = BPF_JMP | BPF_EXIT}};
	return bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "empty", "GPL", code, 2, nullptr);
}

// The best of some runs, each of less than wakes the reader.
unsigned PacketTest::Cost(int program, const Bytes &packet)
{
	unsigned best = Run(program, packet, 2000);
	for (int i = 0; i < 20; i++) {
		best = std::min(best, Run(program, packet, 2000));
	}
	return best;
}

TEST_F(PacketTest, PrintsItsCost)
{
	const Bytes tcp = Be16(4000) + Be16(443) + Bytes(8, '\1') +
	                  Bytes("\x50\x10\0\0\0\0\0\0", 8) + Bytes(1448, 'x');
	const int empty = LoadEmpty();
	ASSERT_GE(empty, 0);
	std::printf("empty %u ns, tcp %u ns, udp %u ns, query %u ns, answer %u ns\n",
	            Cost(empty, V4(6, tcp)), Cost(out_, V4(6, tcp)),
	            Cost(out_, V4(17, Udp(4000, 443, Bytes(1200, '\xc3')))),
	            Cost(out_, V4(17, Udp(4000, 53, Query()))),
	            Cost(in_, V4(17, Udp(53, 4000, Answer()))));
	close(empty);
}

} // namespace
