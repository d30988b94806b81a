// SPDX-License-Identifier: Apache-2.0
#include "enrich/waiting.h"

#include <algorithm>
#include <numeric>

namespace nameward {
namespace {

size_t BytesOf(const std::optional<Binding>& binding) {
  return binding ? binding->names.size() * sizeof(DomainName) : 0;
}

// What a copy of the event takes.
size_t BytesOf(const Event& event) {
  size_t bytes = sizeof(Event);
  if (const auto* dns = std::get_if<DnsEvent>(&event.body)) {
    const DnsMessage& message = dns->message;
    bytes += message.wire.size() + message.records.size() * sizeof(DnsRecord) +
             message.addresses.size() * sizeof(DnsAddress) +
             message.chain.size() * sizeof(DomainName);
  } else if (const auto* connect = std::get_if<ConnectEvent>(&event.body)) {
    const Evidence& evidence = connect->evidence;
    bytes += BytesOf(evidence.own) + BytesOf(evidence.mate) +
             BytesOf(evidence.untrusted) +
             evidence.holders.size() * sizeof(uint64_t);
  }
  return bytes;
}

}  // namespace

std::string_view ToString(Release why) {
  static constexpr std::array<std::string_view, kReleases> kNames = {
      "named", "timeout", "full", "end"};
  return kNames[static_cast<size_t>(why)];
}

void WaitingEvents::Push(const Event& event, BootTime now, WaitingSink& sink) {
  const size_t bytes = BytesOf(event);
  const uint64_t cgroup = event.origin.cgroup_id;
  MakeRoom(cgroup, bytes, sink);
  events_.push_back({event, now + kLongest, bytes});
  ++lines_[cgroup];
  ++stats_.waited;
  ++stats_.events;
  stats_.bytes += bytes;
}

void WaitingEvents::MakeRoom(uint64_t cgroup, size_t bytes, WaitingSink& sink) {
  const auto line = lines_.find(cgroup);
  if (line != lines_.end() && line->second >= limits_.events_of_one) {
    Let(std::find_if(events_.begin(), events_.end(),
                     [cgroup](const Waiting& waiting) {
                       return waiting.event.origin.cgroup_id == cgroup;
                     }),
        Release::kFull, sink);
  }
  while (!events_.empty() && (events_.size() >= limits_.events ||
                              stats_.bytes + bytes > limits_.bytes))
    Let(events_.begin(), Release::kFull, sink);
}

// Lets one go; what follows it.
WaitingEvents::Queue::iterator WaitingEvents::Let(Queue::iterator at,
                                                  Release why,
                                                  WaitingSink& sink) {
  Queue one;  // out of the queue before the sink hears of it
  const auto next = std::next(at);
  one.splice(one.end(), events_, at);
  Waiting& waiting = one.front();
  const auto line = lines_.find(waiting.event.origin.cgroup_id);
  if (--line->second == 0) lines_.erase(line);
  --stats_.events;
  stats_.bytes -= waiting.bytes;
  ++stats_.released[static_cast<size_t>(why)];
  sink.OnReleased(waiting.event, why);
  return next;
}

void WaitingEvents::ReleaseNamed(WaitingSink& sink) {
  verdicts_.clear();
  for (auto at = events_.begin(); at != events_.end();) {
    // The first of a cgroup decides for all, so none overtakes it.
    const uint64_t cgroup = at->event.origin.cgroup_id;
    const auto [verdict, fresh] = verdicts_.try_emplace(cgroup, false);
    if (fresh) verdict->second = sink.IsNamed(at->event);
    at = verdict->second ? Let(at, Release::kNamed, sink) : std::next(at);
  }
}

void WaitingEvents::ReleaseLate(BootTime now, WaitingSink& sink) {
  verdicts_.clear();
  for (const Waiting& waiting : events_) {
    if (waiting.due > now) break;
    if (verdicts_.try_emplace(waiting.event.origin.cgroup_id, true).second)
      sink.OnUnnamed(waiting.event.origin.cgroup_id);
  }
  for (auto at = events_.begin(); at != events_.end();) {
    const bool late = verdicts_.count(at->event.origin.cgroup_id) > 0;
    at = late ? Let(at, Release::kTimeout, sink) : std::next(at);
  }
}

void WaitingEvents::ReleaseAll(WaitingSink& sink) {
  while (!events_.empty()) Let(events_.begin(), Release::kEnd, sink);
}

}  // namespace nameward
