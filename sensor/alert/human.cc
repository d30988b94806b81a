// SPDX-License-Identifier: Apache-2.0
#include "alert/human.h"

#include <array>

#include "alert/facts.h"
#include "alert/json_writer.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

// Padded to one width; by Severity.
constexpr std::array<std::string_view, 6> kLevels = {
    "", "INFO    ", "LOW     ", "MEDIUM  ", "HIGH    ", "CRITICAL"};
constexpr std::array<std::string_view, 6> kColours = {
    "", "\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[1;31m"};
// Room for a sentence with two names of the greatest length.
constexpr size_t kReasonCap = 3 * kNameCap;
constexpr std::string_view kColourEnd = "\x1b[0m";

// Milliseconds are enough for an eye.
void AppendTime(WallTime time, std::string& out) {
  AppendRfc3339(time, out);
  out.resize(out.size() - 7);
  out += 'Z';
}

// "payments/Deployment/checkout (curl, pid 4711)", as a finding's reason says.
void AppendWho(const Event& event, std::string& out) {
  AppendEscaped(WorkloadOf(event).DisplayName(), kTextCap, out);
  if (!event.origin.process) return;
  out += " (";
  AppendEscaped(event.origin.process->Comm(), kCommCap, out);
  out += ", pid " + std::to_string(event.origin.process->tgid) + ')';
}

// "192.0.2.1:443/tcp"
void AppendPeer(const Endpoint& peer, std::string_view protocol,
                std::string& out) {
  peer.AppendTo(out);
  out += '/';
  out += protocol;
}
void AppendPeer(const Endpoint& peer, uint8_t protocol, std::string& out) {
  const std::string_view name = ProtocolName(protocol);
  AppendPeer(peer, name.empty() ? std::to_string(protocol) : name, out);
}

void AppendFailure(int error, std::string& out) {
  out += " (errno " + std::to_string(error) + ')';
}

void AppendMilliseconds(Nanoseconds duration, std::string& out) {
  using std::chrono::milliseconds;
  const auto whole = std::chrono::floor<milliseconds>(duration).count();
  out += std::to_string(whole) + " ms";
}

// The end of the sentence that AppendWho begins.
class WhatWriter {
 public:
  WhatWriter(ClockOffset clock, std::string& out) : clock_(clock), out_(out) {}

  void operator()(const DnsEvent& dns) const {
    const DnsMessage& message = dns.message;
    if (message.response) {
      out_ += "got ";
      AppendDnsRcode(message.rcode, out_);
      out_ += dns.matched ? " from " : " unasked from ";
    } else {
      out_ += "asked ";
    }
    AppendPeer(dns.server, ToString(dns.transport), out_);
    Question(message);
    if (message.response) Answers(message);
  }
  void operator()(const ConnectEvent& connect) const {
    const bool failed = connect.result == ConnectResult::kFailed;
    out_ += failed ? "failed to connect to " : "connected to ";
    AppendPeer(connect.destination, connect.protocol, out_);
    if (failed) AppendFailure(connect.error, out_);
    if (connect.count > 1)
      out_ += ' ' + std::to_string(connect.count) + " times";
    out_ += ": ";
    out_ += ToString(connect.verdict.state);
    if (connect.verdict.names.empty()) return;
    out_ += ", ";
    connect.verdict.names.front().AppendTo(out_);
  }
  void operator()(const FlowEvent& flow) const {
    static constexpr std::array<std::string_view, 4> kWhat = {
        "opened ", "accepted ", "closed ", "failed to open "};
    out_ += kWhat[static_cast<size_t>(flow.what)];
    flow.source.AppendTo(out_);
    out_ += " -> ";
    AppendPeer(flow.destination, flow.protocol, out_);
    if (flow.what == FlowWhat::kFailed) AppendFailure(flow.error, out_);
    if (flow.what != FlowWhat::kClose) return;
    if (flow.duration) {
      out_ += " after ";
      AppendMilliseconds(*flow.duration, out_);
    }
    out_ += ": " + std::to_string(flow.sent) + " bytes sent, " +
            std::to_string(flow.received) + " received";
  }
  void operator()(const TransportEvent& transport) const {
    static constexpr std::array<std::string_view, 4> kSpoke = {
        "plain DNS", "DNS over TLS", "DNS over QUIC", "DNS over HTTPS"};
    out_ += "spoke ";
    out_ += kSpoke[static_cast<size_t>(transport.kind)];
    out_ += " with ";
    AppendPeer(transport.server, ToString(transport.transport), out_);
    if (transport.name.empty()) return;
    out_ += ", ";
    AppendEscaped(transport.name, kNameCap, out_);
  }
  void operator()(const MalformedEvent& malformed) const {
    out_ += "malformed message of " + std::to_string(malformed.size) +
            " bytes between ";
    malformed.client.AppendTo(out_);
    out_ += " and ";
    AppendPeer(malformed.server, ToString(malformed.transport), out_);
    out_ += ": ";
    out_ += ToString(malformed.reason);
  }
  void operator()(const LossEvent& loss) const {
    out_ += "lost " + std::to_string(loss.count) + ' ';
    AppendEscaped(loss.record_class, kTextCap, out_);
    out_ += " records since ";
    AppendTime(clock_.ToWall(loss.since), out_);
    out_ += ": ";
    AppendEscaped(loss.fate, kTextCap, out_);
  }

 private:
  void Question(const DnsMessage& message) const {
    if (message.question_count == 0) return;
    out_ += " for ";
    message.question.name.AppendTo(out_);
    out_ += ' ';
    AppendDnsType(message.question.type, out_);
  }
  void Answers(const DnsMessage& message) const {
    static constexpr size_t kShown = 4;  // fits a line; the JSON has them all
    size_t shown = 0;
    for (const DnsRecord& record : message.records) {
      if (record.section != DnsSection::kAnswer) continue;
      out_ += shown == 0 ? ": " : ", ";
      if (++shown > kShown) return void(out_ += kCutMark);
      AppendEscaped(RdataText(message, record), kTextCap, out_);
    }
  }

  ClockOffset clock_;
  std::string& out_;
};

// Who and what are the reason's own words; a finding without one gets the
// event's.
void AppendSentence(const Alert& alert, std::string& out) {
  if (!alert.finding.reason.empty())
    return AppendEscaped(alert.finding.reason, kReasonCap, out);
  AppendWho(alert.event, out);
  out += ' ';
  std::visit(WhatWriter(ClockOf(alert), out), alert.event.body);
}

}  // namespace

void AppendHuman(const Alert& alert, Colour colour, std::string& out) {
  const auto severity = static_cast<size_t>(SeverityOf(alert));
  AppendTime(alert.time, out);
  out += ' ';
  if (colour == Colour::kYes) out += kColours[severity];
  out += kLevels[severity];
  if (colour == Colour::kYes) out += kColourEnd;
  out += ' ';
  AppendEscaped(alert.finding.rule->id, kTextCap, out);
  if (alert.finding.rule->mode == RuleMode::kDryRun) out += " (dry run)";
  out += ": ";
  AppendSentence(alert, out);
  if (alert.finding.scope_unknown) out += " (its pod is not known)";
  if (alert.update) {
    out += " (" + std::to_string(alert.count) + " times since ";
    AppendTime(alert.first_seen, out);
    out += ')';
  }
  if (alert.losses_since_last > 0)
    out += " (" + std::to_string(alert.losses_since_last) +
           " records lost since the last alert)";
}

void AppendHumanEvent(const Event& event, ClockOffset clock, std::string& out) {
  AppendTime(clock.ToWall(event.time), out);
  out += ' ';
  AppendWho(event, out);
  out += ' ';
  std::visit(WhatWriter(clock, out), event.body);
}

}  // namespace nameward
