// SPDX-License-Identifier: Apache-2.0
#include "match/test_parser.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "match/fields.h"
#include "match/node_reader.h"

namespace nameward {
namespace {

constexpr std::string_view kTestKeys[] = {"name",   "pod",       "cgroup",
                                          "unit",   "container", "process",
                                          "search", "events",    "expect"};
constexpr std::string_view kPodKeys[] = {"namespace", "name", "uid", "labels",
                                         "workload"};
constexpr std::string_view kContainerKeys[] = {"id", "name", "image"};
constexpr std::string_view kProcessKeys[] = {"exe", "name", "pid", "uid",
                                             "moved"};
constexpr std::string_view kEventKeys[] = {"at", "dns", "connect", "transport",
                                           "process"};
constexpr std::string_view kDnsKeys[] = {
    "qname",    "qtype", "qclass",    "rcode",    "answers",
    "resolver", "wire",  "transport", "response", "flags"};
constexpr std::string_view kAnswerKeys[] = {"ip", "cname", "txt", "ttl"};
constexpr std::string_view kConnectKeys[] = {"dst", "src", "proto", "dns"};
constexpr std::string_view kConnectDnsKeys[] = {"state", "names", "age",
                                                "history_complete"};
constexpr std::string_view kTransportKeys[] = {"kind", "dst", "src", "name",
                                               "transport"};
constexpr std::string_view kExpectKeys[] = {"rule", "at", "fields"};

constexpr uint64_t kTestCgroup = 1000;
constexpr uint32_t kDefaultTtl = 60;
const std::string kDefaultCgroup = "/test";

Result<Endpoint> ReadEndpoint(std::string_view text) {
  if (const auto endpoint = Endpoint::Parse(text)) return *endpoint;
  return Error{"endpoint " + Quote(text), "not ADDRESS:PORT",
               "write 203.0.113.7:443 or [2001:db8::1]:443"};
}

Result<DomainName> ReadName(std::string_view text) {
  if (const auto name = DomainName::Parse(text)) return *name;
  return Error{"name " + Quote(text), "no domain name", "write x.com"};
}

class TestReader {
 public:
  TestReader(Reporter& reporter, RuleTest& test)
      : reporter_(reporter), test_(test) {}

  void Read(const YamlNode& node) {
    test_.name = NeedText(node, "name", reporter_).value_or("");
    test_.path = reporter_.path();
    test_.line = node.place.line;
    ReadWho(node);
    test_.search = Names(node, "search");
    const YamlNode* events = node.Find("events");
    if (events == nullptr) NeedText(node, "events", reporter_);
    if (events != nullptr)
      for (const YamlNode* event : ItemsOf(*events)) ReadEvent(*event);
    const YamlNode* expect = node.Find("expect");
    if (expect == nullptr)
      reporter_.Fail(node.place, "R005",
                     {"missing key 'expect'", "a test says what it expects",
                      "add 'expect: []' for no alert"});
    if (expect != nullptr)
      for (const YamlNode* item : ItemsOf(*expect)) ReadExpected(*item);
  }

 private:
  std::string Text(const YamlNode& map, std::string_view key) {
    return TextOf(map, key, reporter_).value_or("");
  }
  template <typename T, typename Parse>
  std::optional<T> Value(const YamlNode& map, std::string_view key,
                         Parse&& parse) {
    return ValueOf<T>(map, key, "R018", reporter_, parse);
  }
  std::optional<int64_t> Word(const YamlNode& map, std::string_view key,
                              FieldId field) {
    return Value<int64_t>(map, key, [&](std::string_view text) {
      return ParseWord(*FindField(field), text);
    });
  }

  void ReadWho(const YamlNode& node) {
    auto workload = std::make_shared<Workload>();
    workload->cgroup_id = kTestCgroup;
    workload->cgroup_path =
        TextOf(node, "cgroup", reporter_).value_or(kDefaultCgroup);
    workload->unit = Text(node, "unit");
    const YamlNode* pod = node.Find("pod");
    if (pod != nullptr && CheckMap(*pod, "pod", kPodKeys, reporter_))
      workload->pod = std::make_shared<const Pod>(ReadPod(*pod));
    const YamlNode* container = node.Find("container");
    if (container != nullptr &&
        CheckMap(*container, "container", kContainerKeys, reporter_))
      workload->container =
          Container{Text(*container, "id"), Text(*container, "name"),
                    Text(*container, "image")};
    origin_.cgroup_id = origin_.socket_cgroup_id = kTestCgroup;
    origin_.socket_cookie = 1;
    origin_.workload = std::move(workload);
    ReadProcess(node, origin_);
  }

  Pod ReadPod(const YamlNode& node) {
    Pod pod;
    pod.namespace_name = Text(node, "namespace");
    pod.name = Text(node, "name");
    pod.uid = Text(node, "uid");
    pod.workload = Text(node, "workload");
    if (const YamlNode* labels = node.Find("labels"))
      for (const YamlMember& label : labels->members)
        pod.labels[label.key.text] = label.value.text;
    return pod;
  }

  void ReadProcess(const YamlNode& map, Origin& origin) {
    const YamlNode* node = map.Find("process");
    if (node == nullptr || !CheckMap(*node, "process", kProcessKeys, reporter_))
      return;
    Process process;
    const std::string exe = Text(*node, "exe");
    if (!exe.empty()) process.exe = std::make_shared<const std::string>(exe);
    const std::string name = Text(*node, "name");
    name.copy(process.comm, sizeof process.comm - 1);
    const auto number = [&](std::string_view key) {
      return static_cast<uint32_t>(
          Value<int64_t>(*node, key, ParseInteger).value_or(0));
    };
    process.tgid = process.tid = number("pid");
    process.uid = number("uid");
    origin.moved_from = Text(*node, "moved") == "true" ? 1 : 0;
    origin.process = process;
  }

  void ReadEvent(const YamlNode& node) {
    if (!CheckMap(node, "an event", kEventKeys, reporter_)) return;
    if (const auto at = Value<Nanoseconds>(node, "at", ParseDuration)) {
      if (*at < at_)
        reporter_.Fail(node.Find("at")->place, "R018",
                       {"at", "time goes forward", "order the events by it"});
      at_ = *at;
    }
    Origin origin = origin_;
    ReadProcess(node, origin);
    const YamlNode* dns = node.Find("dns");
    const YamlNode* connect = node.Find("connect");
    const YamlNode* transport = node.Find("transport");
    if ((dns != nullptr) + (connect != nullptr) + (transport != nullptr) != 1)
      return reporter_.Fail(node.place, "R018",
                            {"event",
                             "it must be one of dns, connect and "
                             "transport",
                             "write 'dns: {qname: x.com}'"});
    if (dns != nullptr) ReadDns(*dns, origin);
    if (connect != nullptr) ReadConnect(*connect, origin);
    if (transport != nullptr) ReadTransport(*transport, origin);
  }

  void Add(const Origin& origin, decltype(Event::body) body, bool given) {
    Event event;
    event.seq = test_.events.size() + 1;
    event.time = BootTime(at_);
    event.origin = origin;
    event.body = std::move(body);
    test_.events.push_back({std::move(event), given});
  }

  // A query; with answers or an rcode the query and then its answer.
  void ReadDns(const YamlNode& node, const Origin& origin) {
    if (!CheckMap(node, "dns", kDnsKeys, reporter_)) return;
    NeedText(node, "qname", reporter_);
    DnsEvent dns;
    dns.client = {IpAddress::V4(0x0af40005), 40000};
    dns.server = Value<Endpoint>(node, "resolver", ReadEndpoint)
                     .value_or(Endpoint{IpAddress::V4(0x0a60000a), 53});
    dns.wire = Value<Endpoint>(node, "wire", ReadEndpoint);
    if (const auto transport = Word(node, "transport", FieldId::kTransport))
      dns.transport = static_cast<Transport>(*transport);
    DnsMessage& message = dns.message;
    message.id = static_cast<uint16_t>(test_.events.size() + 1);
    message.wire.resize(12);
    message.question_count = 1;
    message.rd = true;
    message.question.name =
        Value<DomainName>(node, "qname", ReadName).value_or(DomainName());
    message.question.type = static_cast<uint16_t>(
        Word(node, "qtype", FieldId::kQtype).value_or(kTypeA));
    message.question.klass = static_cast<uint16_t>(
        Word(node, "qclass", FieldId::kQclass).value_or(1));
    message.chain = {message.question.name};
    ReadFlags(node, message);
    const YamlNode* answers = node.Find("answers");
    const bool only_answer = Text(node, "response") == "true";
    if (!only_answer) Add(origin, dns, false);
    if (answers == nullptr && node.Find("rcode") == nullptr && !only_answer)
      return;
    message.response = true;
    message.ra = true;
    dns.matched = !only_answer;
    message.rcode =
        static_cast<uint16_t>(Word(node, "rcode", FieldId::kRcode).value_or(0));
    if (answers != nullptr)
      for (const YamlNode* answer : ItemsOf(*answers))
        ReadAnswer(*answer, message);
    Add(origin, dns, false);
  }

  void ReadFlags(const YamlNode& node, DnsMessage& message) {
    for (const std::string& flag : TextsOf(node, "flags", reporter_)) {
      bool* const bits[] = {&message.aa, &message.tc, &message.rd, &message.ra,
                            &message.ad, &message.cd, &message.z};
      static constexpr std::string_view kNames[] = {"aa", "tc", "rd", "ra",
                                                    "ad", "cd", "z"};
      const auto* found = std::find(std::begin(kNames), std::end(kNames), flag);
      if (found != std::end(kNames))
        *bits[found - std::begin(kNames)] = true;
      else
        reporter_.Fail(node.Find("flags")->place, "R018",
                       {"flag " + Quote(flag), "DNS has no such flag",
                        Suggest(flag, kNames)});
    }
  }

  void ReadAnswer(const YamlNode& node, DnsMessage& message) {
    if (!CheckMap(node, "an answer", kAnswerKeys, reporter_)) return;
    DnsRecord record;
    record.owner = message.chain.back();
    record.klass = 1;
    record.ttl = static_cast<uint32_t>(
        Value<int64_t>(node, "ttl", ParseInteger).value_or(kDefaultTtl));
    record.rdata_offset = static_cast<uint32_t>(message.wire.size());
    if (const auto network = Value<Network>(node, "ip", ParseNetwork)) {
      const bool v4 = network->base.IsV4();
      record.type = v4 ? kTypeA : kTypeAaaa;
      const auto& bytes = network->base.bytes();
      message.wire.insert(message.wire.end(), bytes.begin() + (v4 ? 12 : 0),
                          bytes.end());
      message.addresses.push_back({network->base, record.ttl});
    }
    if (const auto name = Value<DomainName>(node, "cname", ReadName)) {
      record.type = kTypeCname;
      const Bytes wire = name->wire();
      message.wire.insert(message.wire.end(), wire.begin(), wire.end());
      if (message.chain.size() < DnsMessage::kMaxChain)
        message.chain.push_back(*name);
    }
    if (const auto text = TextOf(node, "txt", reporter_)) {
      record.type = kTypeTxt;
      const size_t size = std::min<size_t>(text->size(), 255);
      message.wire.push_back(static_cast<uint8_t>(size));
      message.wire.insert(message.wire.end(), text->begin(),
                          text->begin() + static_cast<ptrdiff_t>(size));
    }
    record.rdata_size =
        static_cast<uint16_t>(message.wire.size() - record.rdata_offset);
    message.records.push_back(record);
  }

  void ReadConnect(const YamlNode& node, const Origin& origin) {
    if (!CheckMap(node, "connect", kConnectKeys, reporter_)) return;
    NeedText(node, "dst", reporter_);
    ConnectEvent connect;
    connect.destination =
        Value<Endpoint>(node, "dst", ReadEndpoint).value_or(Endpoint{});
    connect.source = Value<Endpoint>(node, "src", ReadEndpoint);
    connect.protocol = static_cast<uint8_t>(
        Word(node, "proto", FieldId::kDstProto).value_or(6));
    const YamlNode* dns = node.Find("dns");
    const bool given =
        dns != nullptr && CheckMap(*dns, "dns", kConnectDnsKeys, reporter_);
    if (given) ReadVerdict(*dns, connect.verdict);
    Add(origin, std::move(connect), given);
  }

  void ReadVerdict(const YamlNode& node, ConnectVerdict& verdict) {
    NeedText(node, "state", reporter_);
    if (const auto state = Word(node, "state", FieldId::kDnsState))
      verdict.state = static_cast<ConnectState>(*state);
    verdict.age = Value<Nanoseconds>(node, "age", ParseDuration);
    if (const auto complete =
            Word(node, "history_complete", FieldId::kDnsHistoryComplete))
      verdict.history_complete = *complete != 0;
    verdict.names = Names(node, "names");
  }

  std::vector<DomainName> Names(const YamlNode& map, std::string_view key) {
    std::vector<DomainName> names;
    for (const std::string& text : TextsOf(map, key, reporter_)) {
      auto name = ReadName(text);
      if (name)
        names.push_back(*name);
      else
        reporter_.Fail(map.Find(key)->place, "R018", name.error());
    }
    return names;
  }

  void ReadTransport(const YamlNode& node, const Origin& origin) {
    if (!CheckMap(node, "transport", kTransportKeys, reporter_)) return;
    NeedText(node, "kind", reporter_);
    NeedText(node, "dst", reporter_);
    TransportEvent transport;
    transport.kind = static_cast<TransportKind>(
        Word(node, "kind", FieldId::kKind).value_or(0));
    transport.server =
        Value<Endpoint>(node, "dst", ReadEndpoint).value_or(Endpoint{});
    transport.client =
        Value<Endpoint>(node, "src", ReadEndpoint).value_or(Endpoint{});
    transport.name = Text(node, "name");
    transport.evidence = "a rule's test";
    if (const auto by = Word(node, "transport", FieldId::kTransport))
      transport.transport = static_cast<Transport>(*by);
    Add(origin, std::move(transport), false);
  }

  void ReadExpected(const YamlNode& node) {
    if (!CheckMap(node, "an expected alert", kExpectKeys, reporter_)) return;
    ExpectedFinding expected;
    expected.rule = node.Find("rule") == nullptr && !test_.rule.empty()
                        ? test_.rule
                        : NeedText(node, "rule", reporter_).value_or("");
    NeedText(node, "at", reporter_);
    expected.at =
        Value<Nanoseconds>(node, "at", ParseDuration).value_or(Nanoseconds(0));
    if (const YamlNode* fields = node.Find("fields")) {
      for (const YamlMember& member : fields->members) {
        if (FindField(member.key.text) == nullptr)
          reporter_.Fail(member.key.place, "R014",
                         {"unknown field " + Quote(member.key.text),
                          "no event has a field of this name",
                          "see docs/rules.md for the fields"});
        expected.fields.emplace_back(member.key.text, member.value.text);
      }
    }
    test_.expect.push_back(std::move(expected));
  }

  Reporter& reporter_;
  RuleTest& test_;
  Origin origin_;
  Nanoseconds at_{0};
};

}  // namespace

void ParseTests(const YamlNode& node, const std::string& rule,
                std::vector<RuleTest>& out, Reporter& reporter) {
  for (const YamlNode* item : ItemsOf(node)) {
    if (!CheckMap(*item, "a test", kTestKeys, reporter) && !item->IsMap())
      continue;
    RuleTest test;
    test.rule = rule;
    TestReader(reporter, test).Read(*item);
    out.push_back(std::move(test));
  }
}

}  // namespace nameward
