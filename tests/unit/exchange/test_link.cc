#include "tests/unit/exchange/test_link.h"

#include <algorithm>
#include <utility>

#include "gateway/ledger/canonical.h"

namespace tombolo::exchange {
namespace {

SessionSettings SettingsOf(const TestNode& node, const std::string& peer, bool subscribe,
                           std::string purpose) {
  SessionSettings settings;
  settings.self = node.id;
  settings.program = "test";
  settings.credit_bytes = node.credit_bytes;
  settings.ping_interval_ms = 5000;
  settings.receipt_interval_ms = 1000;
  settings.subscribe = subscribe;
  settings.wish.purpose = std::move(purpose);
  settings.cursors = node.CursorsOf(peer);
  return settings;
}

trust::PeerIdentity IdentityOf(const TestNode& node, const std::string& peer) {
  trust::PeerIdentity identity;
  identity.id = peer;
  identity.member = node.world->NumberOf(peer);
  return identity;
}

template <class... Parts>
struct Overloaded : Parts... {
  using Parts::operator()...;
};
template <class... Parts>
Overloaded(Parts...) -> Overloaded<Parts...>;

}  // namespace

TestEnd::TestEnd(TestNode* its_node, const std::string& its_peer, bool subscribe,
                 const TestClock* its_clock, std::string purpose)
    : node(its_node), clock(its_clock), peer(its_peer) {
  session = std::make_unique<Session>(SettingsOf(*node, peer, subscribe, std::move(purpose)),
                                      IdentityOf(*node, peer), &node->holdings, &node->carried,
                                      &node->cursors, node->world->authority());
}

SelfState TestEnd::Self() const {
  const Authority& authority = *node->world->authority();
  SelfState self;
  self.root_version = authority.federation->root().version();
  self.registry_version = authority.federation->registry().version();
  self.timestamp_version = authority.federation->timestamp().version();
  const auto policy = authority.policies.find(node->id);
  if (policy != authority.policies.end()) self.policy_version = policy->second->version();
  self.epoch = node->epoch;
  self.tick = node->tick;
  return self;
}

void TestEnd::Start() {
  Effects effects;
  session->Start(Self(), clock->now_us, clock->civil_us, &effects);
  Do(std::move(effects));
}

void TestEnd::Do(Effects effects) {
  const auto frame = [this](v1::FrameType type, uint8_t flags, std::string_view payload) {
    const auto heading = EncodeHeading(type, flags, payload.size(), ++number);
    out.append(heading.data(), heading.size());
    out.append(payload);
    types.push_back(type);
  };
  for (Effect& effect : effects) {
    std::visit(Overloaded{
                   [&](SendControl& one) { frame(one.type, 0, one.payload); },
                   [&](SendData& one) {
                     const boundary::ShapedPage& page = one.disclosure.page();
                     const std::string& bytes = one.packed ? page.packed() : page.payload();
                     frame(page.type(), one.packed ? kFlagZstd : 0, bytes);
                     ++data_frames;
                     packed_frames += one.packed ? 1 : 0;
                     data_bytes += bytes.size() + limits::kFrameHeadingBytes;
                     if (page.type() == v1::ENTRIES) {
                       entries_sent += page.last_seq() - page.first_seq() + 1;
                     }
                   },
                   [&](WantPage& one) { wants.push_back(one); },
                   [&](FeedChange& one) { durable = one.number; },
                   [&](StoreOffer& one) { node->Accept(one.offer, peer); },
                   [&](StorePage& one) {
                     node->Stage(peer, one);
                     staged_bytes += one.wire_bytes;
                   },
                   [&](StoreLayers& one) {
                     node->Stage(peer, one);
                     staged_bytes += one.wire_bytes;
                   },
                   [&](MakeReceipt&) {
                     frame(v1::RECEIPT, 0, ledger::CanonicalBytes(node->SignReceipt(peer)));
                   },
                   [](auto&) {},
               },
               effect);
    if (!quiet) log.push_back(std::move(effect));
  }
}

void TestEnd::Take(std::string_view bytes) {
  reader.Feed(bytes);
  while (session->state() != Session::State::kEnded) {
    StatusOr<std::optional<Frame>> frame = reader.Next();
    Effects effects;
    if (!frame.ok()) {
      session->Refuse(frame.status(), clock->now_us, &effects);
      return Do(std::move(effects));
    }
    if (!frame->has_value()) return;
    session->OnFrame(**frame, clock->now_us, clock->civil_us, &effects);
    Do(std::move(effects));
  }
}

void TestEnd::TakeFrame(v1::FrameType type, std::string_view payload, uint64_t wire_bytes) {
  Effects effects;
  if (wire_bytes == 0) wire_bytes = payload.size() + limits::kFrameHeadingBytes;
  session->OnFrame({type, payload, wire_bytes}, clock->now_us, clock->civil_us, &effects);
  Do(std::move(effects));
}

void TestEnd::Moved(const std::vector<MovedStream>& moved) {
  Effects effects;
  session->OnStreamsMoved(moved, clock->now_us, &effects);
  Do(std::move(effects));
}

void TestEnd::OnAuthority(const Status& peer_now) {
  Effects effects;
  session->OnAuthority(node->world->authority(), peer_now, clock->now_us, clock->civil_us,
                       &effects);
  Do(std::move(effects));
}

void TestEnd::Timer() {
  Effects effects;
  session->OnTimer(Self(), clock->now_us, clock->civil_us, &effects);
  Do(std::move(effects));
}

void TestEnd::Stop(std::string_view reason) {
  Effects effects;
  session->Stop(reason, &effects);
  Do(std::move(effects));
}

void TestEnd::Commit() {
  (void)node->Commit();
  Effects effects;
  if (staged_bytes > 0) {
    session->OnStored(std::exchange(staged_bytes, 0), clock->now_us, &effects);
  }
  Do(std::move(effects));
}

std::vector<std::string> TestEnd::Sent(v1::FrameType type) const {
  std::vector<std::string> payloads;
  for (const Effect& effect : log) {
    const auto* control = std::get_if<SendControl>(&effect);
    if (control != nullptr && control->type == type) payloads.push_back(control->payload);
  }
  return payloads;
}

Code TestEnd::ended() const {
  for (const Effect& effect : log) {
    if (const auto* end = std::get_if<End>(&effect)) return CodeOf(end->why);
  }
  return Code::kOk;
}

TestLink::TestLink(TestNode* node_a, TestNode* node_b, bool a_wants, bool b_wants,
                   const TestClock* clock, std::string purpose)
    : a(node_a, node_b->id, a_wants, clock, purpose),
      b(node_b, node_a->id, b_wants, clock, purpose) {}

void TestLink::Start() {
  a.Start();
  b.Start();
}

bool TestLink::Step(size_t a_bytes, size_t b_bytes) {
  bool moved = false;
  for (TestEnd* end : {&a, &b}) {
    TestEnd* other = end == &a ? &b : &a;
    const size_t bytes = std::min(end->out.size(), end == &a ? a_bytes : b_bytes);
    if (bytes > 0) {
      const std::string part = end->out.substr(0, bytes);
      end->out.erase(0, bytes);
      other->Take(part);
      moved = true;
    }
    Effects effects;
    end->session->OnWritten(end->out.size(), a.clock->now_us, &effects);
    if (end->answers && end->durable != 0) {
      end->session->OnFeedDurable(std::exchange(end->durable, 0), a.clock->now_us, &effects);
      moved = true;
    }
    end->Do(std::move(effects));
    while (end->answers && !end->wants.empty()) {
      const WantPage want = end->wants.front();
      end->wants.pop_front();
      Effects more;
      end->session->OnPage(want, end->node->MakePage(want), a.clock->now_us, a.clock->civil_us,
                           &more);
      end->Do(std::move(more));
      moved = true;
    }
    if (end->stores && end->staged_bytes > 0) {
      end->Commit();
      moved = true;
    }
  }
  return moved;
}

void TestLink::Run() {
  while (Step(SIZE_MAX, SIZE_MAX)) {
  }
}

}  // namespace tombolo::exchange
