#include "gateway/exchange/subscriber.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/entry.h"
#include "gateway/record/scan.h"

namespace tombolo::exchange {
namespace {

constexpr size_t kHeldBytesTarget = limits::kControlPayloadBytesMax / 2;
constexpr size_t kFillsInOneGo = 20;

bool Has(boundary::LayerMask layers, size_t k) { return (layers >> k & 1) != 0; }

// Whatever is wrong with a frame's form has one code.
Status AsFrame(const Status& status) {
  if (CodeOf(status) != Code::NOT_CANONICAL) return status;
  return MakeError(Code::FRAME_INVALID, std::string(status.message()));
}

// The first field of ENTRIES and LAYERS, read before the rest is looked at; empty if it is none.
std::string_view PeekStreamId(std::string_view payload) {
  constexpr char kStreamIdTag = 0x0a;
  constexpr size_t kOneByteSizeMax = 0x7f;
  if (payload.size() < 2 || payload[0] != kStreamIdTag) return {};
  const auto size = static_cast<unsigned char>(payload[1]);
  return size > kOneByteSizeMax ? std::string_view() : payload.substr(2, size);
}

Status CheckHeader(const ledger::EntryParts& entry, uint64_t seq) {
  if (entry.erased) return absl::OkStatus();
  if (entry.type == v1::PUT) {
    if (record::ScanHeader(entry.header).has_value()) return absl::OkStatus();
    return MakeError(Code::NOT_CANONICAL,
                     absl::StrCat("entry ", seq, ": its header is not in canonical form"));
  }
  if (entry.type == v1::RETRACT) return ledger::DecodeRetract(entry.header).status();
  return ledger::DecodeTombstone(seq, entry.header).status();
}

// docs/formats/frame.md: columns of LAYERS, as conformance/frames.py reads them.
Status CheckLayers(const v1::Layers& layers, size_t salt_bytes) {
  const auto& seqs = layers.seqs();
  const bool stretch = layers.first_seq() >= 1 && layers.first_seq() <= layers.last_seq();
  const bool ascending =
      std::adjacent_find(seqs.begin(), seqs.end(), std::greater_equal<>()) == seqs.end();
  const bool inside =
      seqs.empty() || (seqs[0] >= layers.first_seq() && seqs[seqs.size() - 1] <= layers.last_seq());
  const bool complete = layers.contents_size() == seqs.size() &&
                        layers.salts().size() == static_cast<size_t>(seqs.size()) * salt_bytes;
  const bool layer = layers.layer() >= v1::PUBLIC && layers.layer() <= v1::LIMITED;
  if (stretch && ascending && inside && complete && layer) return absl::OkStatus();
  return MakeError(Code::FRAME_INVALID, "LAYERS: its layer, numbers or columns do not fit");
}

}  // namespace

Subscriber::Subscriber(std::string self, std::string peer, Holdings* holdings)
    : self_(std::move(self)), peer_(std::move(peer)), holdings_(holdings) {}

ledger::EntryHasher* Subscriber::HasherOf(ledger::Suite suite) {
  return &hashers_.try_emplace(suite, suite).first->second;
}

bool Subscriber::IsOffered(std::string_view stream_id) const {
  const auto found = offered_.find(ToAbsl(stream_id));
  return found != offered_.end() && found->second.layers != 0;
}

// --- asking

void Subscriber::Subscribe(const SubscribeWish& wish, std::shared_ptr<const Authority> authority,
                           const StoredCursors& cursors, Effects* out) {
  wish_ = wish;
  authority_ = std::move(authority);
  SendHeld(cursors, out);
  v1::Subscribe subscribe;
  subscribe.set_purpose(wish.purpose);
  for (const std::string& item : wish.items) subscribe.add_items(item);
  for (const std::string& origin : wish.origins) subscribe.add_origins(origin);
  std::map<std::string_view, uint64_t> held;
  for (const auto& [origin, policy] : authority_->policies) held[origin] = policy->version();
  held.erase(self_);
  held.erase(peer_);
  for (const auto& [origin, version] : held) {
    v1::PolicyHeld* policy = subscribe.add_policies();
    policy->set_origin(std::string(origin));
    policy->set_version(version);
  }
  out->push_back(SendControl{v1::SUBSCRIBE, ledger::CanonicalBytes(subscribe)});
}

void Subscriber::SendHeld(const StoredCursors& cursors, Effects* out) const {
  v1::Held frame;
  size_t bytes = 0;
  const auto flush = [&] {
    if (frame.streams_size() == 0) return;
    out->push_back(SendControl{v1::HELD, ledger::CanonicalBytes(frame)});
    frame.Clear();
    bytes = 0;
  };
  for (const auto& [stream_id, holding] : holdings_->all()) {
    const auto tokens = cursors.find(stream_id);
    if (holding->descriptor.origin() != peer_ && tokens == cursors.end()) continue;
    if (holding->range.size() == 0) continue;
    v1::HeldStream* stream = frame.add_streams();
    stream->set_stream_id(stream_id);
    stream->set_size(holding->range.size());
    stream->set_root(holding->range.Root().str());
    stream->set_epoch(holding->epoch);
    stream->set_tick(holding->tick);
    if (tokens != cursors.end()) {
      for (const std::string& token : tokens->second) stream->add_cursors(token);
    }
    bytes += stream->ByteSizeLong();
    if (bytes >= kHeldBytesTarget) flush();
  }
  flush();
}

void Subscriber::AskFill(std::string_view stream_id, v1::SharingClass layer,
                         std::vector<uint64_t> seqs) {
  const auto found = offered_.find(ToAbsl(stream_id));
  if (found == offered_.end() || seqs.empty() || layer < v1::PUBLIC || layer > v1::LIMITED) return;
  const auto k = static_cast<size_t>(layer - v1::PUBLIC);
  if (!Has(found->second.permitted, k) || Has(found->second.asked, k)) return;
  found->second.asked |= static_cast<boundary::LayerMask>(1 << k);
  v1::Fill& fill = fills_.emplace_back();
  fill.set_stream_id(std::string(stream_id));
  fill.set_layer(layer);
  seqs.resize(std::min(seqs.size(), limits::kFillSeqsMax));
  for (const uint64_t seq : seqs) fill.add_seqs(seq);
}

bool Subscriber::SendFills(Effects* out) {
  const size_t count = std::min(fills_.size(), kFillsInOneGo);
  for (size_t i = 0; i < count; ++i) {
    out->push_back(SendControl{v1::FILL, ledger::CanonicalBytes(fills_[i])});
  }
  fills_.erase(fills_.begin(), fills_.begin() + static_cast<std::ptrdiff_t>(count));
  return fills_.empty();
}

// --- offers

Status Subscriber::CheckCarrier(const v1::Offer& offer,
                                const v1::StreamDescriptor& descriptor) const {
  const trust::MemberFacts* origin = authority_->federation->Find(descriptor.origin());
  const trust::MemberFacts* peer = authority_->federation->Find(peer_);
  if (origin == nullptr || peer == nullptr || origin->member.state() != v1::ACTIVE ||
      !authority_->federation->MayCarry(*peer, *origin)) {
    return MakeError(Code::RELAY_REFUSED,
                     absl::StrCat(peer_, " may not carry streams of ", descriptor.origin(),
                                  " by the registry that is active here"));
  }
  const auto& path = offer.path();
  const bool sound = !path.empty() && path[0] == descriptor.origin() &&
                     path[path.size() - 1] == peer_ &&
                     static_cast<size_t>(path.size()) <= limits::kPathNodesMax &&
                     std::find(path.begin(), path.end(), self_) == path.end();
  if (sound) return absl::OkStatus();
  return MakeError(
      Code::LOOP_DETECTED,
      absl::StrCat("the path of a stream of ", descriptor.origin(), " has ", path.size(),
                   " nodes, and does not lead from it to ", peer_, " past others than this node"));
}

boundary::LayerMask Subscriber::Permitted(const v1::StreamDescriptor& descriptor,
                                          int64_t civil_us) const {
  boundary::Request request;
  request.sharing_class = descriptor.sharing_class();
  std::shared_ptr<const boundary::CompiledPolicy> policy;
  const auto found = authority_->policies.find(descriptor.origin());
  if (found != authority_->policies.end()) {
    policy = found->second;
    const trust::MemberFacts* self = policy->federation().Find(self_);
    if (self != nullptr) request.member = self->number;
    request.item = policy->ItemNumber(descriptor.item());
    request.purpose = policy->PurposeNumber(wish_.purpose);
  }
  return boundary::Decide(std::move(policy), request, civil_us).layers();
}

Status Subscriber::OnOffer(const v1::Offer& offer, int64_t civil_us, Effects* out) {
  const StatusOr<v1::StreamDescriptor> descriptor =
      ledger::DecodeDescriptor(offer.stream_descriptor());
  RETURN_IF_ERROR(descriptor.status());
  if (descriptor->kind() != v1::RECORDS) {
    return MakeError(Code::STREAM_UNKNOWN, "the stream offered is not one of records");
  }
  if (offer.layers() > ledger::kAllLayers) {
    return MakeError(Code::FRAME_INVALID, "OFFER: of layers that there are not");
  }
  if (offer.layers() == 0) return Withdraw(offer, *descriptor, out);
  RETURN_IF_ERROR(CheckCarrier(offer, *descriptor));
  RETURN_IF_ERROR(Accept(offer, *descriptor, civil_us).status());
  out->push_back(StoreOffer{offer});
  return absl::OkStatus();
}

// No rule can be against it: less is always allowed.
Status Subscriber::Withdraw(const v1::Offer& offer, const v1::StreamDescriptor& descriptor,
                            Effects* out) {
  const trust::MemberFacts* origin = authority_->federation->Find(descriptor.origin());
  if (origin == nullptr || origin->verifiers.empty()) return absl::OkStatus();
  const Digest id =
      HasherOf(origin->verifiers.front().suite())->StreamId(offer.stream_descriptor());
  const auto found = offered_.find(ToAbsl(id.view()));
  if (found == offered_.end()) return absl::OkStatus();
  found->second.layers = found->second.permitted = 0;
  found->second.target.reset();  // offered again, it begins with a HEAD
  out->push_back(StoreOffer{offer});
  return absl::OkStatus();
}

StatusOr<Holding*> Subscriber::Accept(const v1::Offer& offer,
                                      const v1::StreamDescriptor& descriptor, int64_t civil_us) {
  const auto layers = static_cast<boundary::LayerMask>(offer.layers());
  const boundary::LayerMask permitted = Permitted(descriptor, civil_us);
  if ((layers & ~permitted) != 0) {
    return MakeError(
        Code::CLASS_WIDENED,
        absl::StrCat("an offer of layers ", layers, " of item ", descriptor.item(), " of ",
                     descriptor.origin(), ", whose policy gives this node ", permitted));
  }
  const trust::MemberFacts* origin = authority_->federation->Find(descriptor.origin());
  if (origin->verifiers.empty()) return MakeError(Code::RELAY_REFUSED, "an origin without a key");
  const ledger::Suite suite = origin->verifiers.front().suite();
  const std::string id = HasherOf(suite)->StreamId(offer.stream_descriptor()).str();
  const auto [offered, added] = offered_.try_emplace(id);
  if (added && offered_.size() > limits::kOfferedStreamsMax) {
    return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("more streams offered than the limit of ",
                                                        limits::kOfferedStreamsMax));
  }
  offered->second.layers = offered->second.permitted = layers;
  Holding* holding = holdings_->Find(id);
  if (holding == nullptr) holding = holdings_->Add(std::make_unique<Holding>(descriptor, suite));
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if (Has(layers, k) && holding->next_seq[k] == 0) holding->next_seq[k] = 1;
  }
  return holding;
}

void Subscriber::OnAuthority(std::shared_ptr<const Authority> authority, int64_t civil_us) {
  if (!subscribed()) return;
  authority_ = std::move(authority);
  for (auto& [stream_id, offered] : offered_) {
    const Holding* holding = holdings_->Find(stream_id);
    const trust::MemberFacts* origin =
        holding == nullptr ? nullptr : authority_->federation->Find(holding->descriptor.origin());
    const bool active = origin != nullptr && origin->member.state() == v1::ACTIVE;
    offered.permitted =
        active ? offered.layers & Permitted(holding->descriptor, civil_us) : boundary::LayerMask{0};
  }
}

// --- heads

StatusOr<Subscriber::Offered*> Subscriber::FindOffered(std::string_view stream_id) {
  const auto found = offered_.find(ToAbsl(stream_id));
  if (found != offered_.end()) return &found->second;
  return MakeError(Code::STREAM_UNKNOWN,
                   absl::StrCat("stream ", ToHex(stream_id), " was not offered"));
}

Status Subscriber::OnHead(const v1::Head& head, Effects* out) {
  const std::string& stream_id = head.proof().head().stream_id();
  ASSIGN_OR_RETURN(Offered * offered, FindOffered(stream_id));
  const Holding* holding = holdings_->Find(stream_id);
  if (holding == nullptr || offered->layers == 0) {
    return MakeError(Code::STREAM_UNKNOWN,
                     absl::StrCat("stream ", ToHex(stream_id), " is no longer offered"));
  }
  const trust::MemberFacts* origin = authority_->federation->Find(holding->descriptor.origin());
  if (origin == nullptr) {
    return MakeError(Code::RELAY_REFUSED, "the stream's origin has left the registry");
  }
  VerifiedHeadFacts facts;
  v1::Alarm alarm;
  if (const Status checked = holdings_->CheckHead(*origin, head, &facts, &alarm); !checked.ok()) {
    if (!alarm.code().empty()) {
      out->push_back(SendControl{v1::ALARM, ledger::CanonicalBytes(alarm)});
      out->push_back(RaiseAlarm{std::move(alarm)});
    }
    return checked;
  }
  const VerifiedHead* last = offered->target.get();
  if (last != nullptr && std::tie(facts.epoch, facts.tick) <= std::tie(last->epoch, last->tick)) {
    return MakeError(Code::RATE_LIMITED,
                     absl::StrCat("stream ", ToHex(stream_id), ": a head that is not newer"));
  }
  offered->target = std::make_shared<const VerifiedHead>(
      VerifiedHead{stream_id, head, facts.epoch, facts.tick, facts.head.size()});
  return absl::OkStatus();
}

// --- entries

// Of the page just read; nothing is hashed yet.
Status Subscriber::CheckPage(const Offered& offered, const Holding& holding) const {
  for (const ledger::EntryParts& entry : page_.entries) {
    if ((entry.shown & ~offered.layers) != 0) {
      return MakeError(Code::CLASS_WIDENED,
                       absl::StrCat("stream ", ToHex(page_.stream_id),
                                    ": an entry shows a layer that was not offered"));
    }
  }
  if (page_.first_seq <= holding.range.size() + 1) return absl::OkStatus();
  return MakeError(Code::STREAM_GAP,
                   absl::StrCat("stream ", ToHex(page_.stream_id), ": got entry ", page_.first_seq,
                                ", want ", holding.range.size() + 1));
}

Status Subscriber::CheckHeaders() const {
  uint64_t seq = page_.first_seq;
  for (const ledger::EntryParts& entry : page_.entries) {
    RETURN_IF_ERROR(CheckHeader(entry, seq));
    ++seq;
  }
  return absl::OkStatus();
}

// Leaves onto the tree, the tree against the head; the holding moves only if all holds.
Status Subscriber::Verify(const Offered& offered, Holding* holding, StorePage* store) {
  RETURN_IF_ERROR(CheckHeaders());
  ledger::CompactRange range = holding->range;
  ledger::AppendPage(HasherOf(holding->suite), page_, &range, &store->spans, nullptr);
  RETURN_IF_ERROR(ledger::CheckAgainstHead(range, page_.path, offered.target->head.proof().head()));
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if (Has(offered.permitted, k) && holding->next_seq[k] == page_.first_seq) {
      holding->next_seq[k] = page_.last_seq() + 1;
    }
  }
  store->compact_range = range.Serialise();
  store->head = offered.target;
  store->reaches_head = range.size() == offered.target->size;
  holding->range = std::move(range);
  return absl::OkStatus();
}

// Layers that came under an older policy become hashes. Their bytes are kept behind those of the
// frame, whose views stay as they are.
void Subscriber::Strip(ledger::EntryHasher* hasher, boundary::LayerMask permitted,
                       StorePage* store) {
  const size_t hash_bytes = ledger::HashBytes(hasher->suite());
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(store->page.entries.size() * ledger::kLayerCount * hash_bytes);
  for (ledger::EntryParts& entry : store->page.entries) {
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      if (!Has(entry.shown, k) || Has(permitted, k)) continue;
      const Digest hash = hasher->LayerHash(static_cast<v1::SharingClass>(v1::PUBLIC + k),
                                            entry.salts[k], entry.contents[k]);
      bytes->append(hash.view());
      entry.hashes[k] = std::string_view(*bytes).substr(bytes->size() - hash_bytes);
      entry.salts[k] = entry.contents[k] = {};
      entry.shown = static_cast<boundary::LayerMask>(entry.shown & ~(1 << k));
    }
  }
  store->stripped = std::move(bytes);
  store->page.cursor = {};  // it names positions of layers that were not kept
}

Status Subscriber::OnEntries(std::string_view payload, uint64_t wire_bytes, bool* kept,
                             Effects* out) {
  *kept = false;
  ASSIGN_OR_RETURN(Offered * offered, FindOffered(PeekStreamId(payload)));
  Holding* holding = holdings_->Find(PeekStreamId(payload));
  if (holding == nullptr || offered->layers == 0 || offered->target == nullptr) {
    return MakeError(Code::STREAM_UNKNOWN, absl::StrCat("stream ", ToHex(PeekStreamId(payload)),
                                                        ": entries without offer or head"));
  }
  StorePage store;
  store.payload = std::make_shared<const std::string>(payload);
  RETURN_IF_ERROR(AsFrame(ledger::ReadEntries(holding->suite, *store.payload, &page_)));
  RETURN_IF_ERROR(CheckPage(*offered, *holding));
  const uint64_t size = holding->range.size();
  if (page_.last_seq() <= size || offered->permitted == 0) return absl::OkStatus();
  const uint64_t known = size + 1 - page_.first_seq;
  page_.entries.erase(page_.entries.begin(),
                      page_.entries.begin() + static_cast<std::ptrdiff_t>(known));
  page_.first_seq += known;
  RETURN_IF_ERROR(Verify(*offered, holding, &store));
  store.page = std::move(page_);
  store.wire_bytes = wire_bytes;
  if (offered->permitted != offered->layers) {
    Strip(HasherOf(holding->suite), offered->permitted, &store);
  }
  *kept = true;
  out->push_back(std::move(store));
  return absl::OkStatus();
}

Status Subscriber::OnLayers(std::string_view payload, uint64_t wire_bytes, bool* kept,
                            Effects* out) {
  *kept = false;
  v1::Layers layers;
  RETURN_IF_ERROR(AsFrame(ledger::ParseCanonical("layers", payload, &layers)));
  ASSIGN_OR_RETURN(Offered * offered, FindOffered(layers.stream_id()));
  const Holding* holding = holdings_->Find(layers.stream_id());
  if (holding == nullptr || offered->layers == 0) {
    return MakeError(Code::STREAM_UNKNOWN,
                     absl::StrCat("stream ", ToHex(layers.stream_id()), " is no longer offered"));
  }
  RETURN_IF_ERROR(CheckLayers(layers, ledger::SaltBytes(holding->suite)));
  const auto k = static_cast<size_t>(layers.layer() - v1::PUBLIC);
  if (!Has(offered->layers, k)) {
    return MakeError(Code::CLASS_WIDENED, absl::StrCat("stream ", ToHex(layers.stream_id()),
                                                       ": a layer that was not offered"));
  }
  if (layers.last_seq() > holding->range.size()) {
    return MakeError(Code::STREAM_GAP,
                     absl::StrCat("stream ", ToHex(layers.stream_id()), ": layers up to entry ",
                                  layers.last_seq(), ", held are ", holding->range.size()));
  }
  const bool here = holding->next_seq[k] > layers.last_seq() && !Has(offered->asked, k);
  if (!Has(offered->permitted, k)) return absl::OkStatus();
  *kept = true;
  out->push_back(StoreLayers{std::make_shared<const std::string>(payload), layers.stream_id(),
                             wire_bytes, here});
  return absl::OkStatus();
}

}  // namespace tombolo::exchange
