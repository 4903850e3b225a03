#include "gateway/node/receipts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/exchange/receipt.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::node {
namespace {

// So many items of about 110 bytes are half of what a frame takes.
constexpr size_t kItemsInOne = 8192;
static_assert(kItemsInOne <= limits::kReceiptItemsMax);

bool IsDropped(const v1::ReceiptItem& item) {
  return std::all_of(item.next_seqs().begin(), item.next_seqs().end(),
                     [](uint64_t next) { return next == 0; });
}

// What the item says, against this node's own head.
Status CheckItem(const v1::ReceiptItem& item, const exchange::CarriedStream* carried,
                 uint64_t said_before) {
  const std::string stream = ToHex(item.stream_id());
  if (carried == nullptr) {
    return MakeError(Code::STREAM_UNKNOWN,
                     absl::StrCat("a receipt for stream ", stream, ", which was not offered"));
  }
  if (item.size() > carried->size) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("a receipt for ", item.size(), " entries of stream ", stream,
                                  ", which has ", carried->size));
  }
  if (item.size() < said_before && !IsDropped(item)) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("a receipt for ", item.size(), " entries of stream ", stream,
                                  " after one for ", said_before));
  }
  if (item.size() == carried->size && item.size() > 0 && item.root() != carried->root) {
    return MakeError(Code::STREAM_FORKED, absl::StrCat("a receipt with another root of stream ",
                                                       stream, " at size ", item.size()));
  }
  return absl::OkStatus();
}

store::Confirmed ConfirmedOf(const std::string& peer, uint32_t stream, const v1::ReceiptItem& item,
                             int64_t at_us) {
  store::Confirmed row{peer, stream, {}, at_us};
  for (size_t k = 0; k < row.next_seq.size(); ++k) {
    row.next_seq[k] = item.next_seqs(static_cast<int>(k));
  }
  return row;
}

}  // namespace

void Receipts::Touch(const std::string& peer, std::string_view stream_id) {
  touched_[peer][std::string(stream_id)] = true;
}

void Receipts::Forget() {
  last_own_.clear();
  said_.clear();
}

StatusOr<uint64_t*> Receipts::NextOwn(const std::string& peer) {
  const auto [it, added] = last_own_.try_emplace(peer, 0);
  if (added) {
    ASSIGN_OR_RETURN(const std::optional<store::ReceiptRow> last,
                     context_.store->LastReceipt(peer, true));
    if (last.has_value()) it->second = last->number;
  }
  return &it->second;
}

v1::ReceiptItem Receipts::ItemOf(const std::string& stream_id,
                                 const exchange::Holdings& holdings) const {
  v1::ReceiptItem item;
  item.set_stream_id(stream_id);
  const auto it = holdings.all().find(stream_id);
  if (it == holdings.all().end()) {  // dropped as a whole
    const HashKind kind =
        stream_id.size() == DigestBytes(HashKind::kSha384) ? HashKind::kSha384 : HashKind::kSha256;
    item.set_root(ledger::CompactRange(kind).Root().str());
    for (size_t k = 0; k < ledger::kLayerCount; ++k) item.add_next_seqs(0);
    return item;
  }
  const exchange::Holding& holding = *it->second;
  item.set_size(holding.range.size());
  item.set_root(holding.range.Root().str());
  for (const uint64_t next : holding.next_seq) {
    item.add_next_seqs(std::min(next, holding.range.size() + 1));
  }
  return item;
}

StatusOr<std::vector<v1::Receipt>> Receipts::Make(const std::string& peer,
                                                  const exchange::Holdings& holdings,
                                                  const exchange::Authority& authority,
                                                  TickWriter* writer) {
  ASSIGN_OR_RETURN(uint64_t * number, NextOwn(peer));
  std::vector<std::vector<v1::ReceiptItem>> parts(1);
  for (const auto& [stream_id, one] : touched_[peer]) {
    if (parts.back().size() == kItemsInOne) parts.emplace_back();
    parts.back().push_back(ItemOf(stream_id, holdings));
  }
  exchange::ReceiptBody body;
  body.subscriber = context_.origin;
  body.publisher = peer;
  body.time_us = context_.clock->NowUs();
  body.registry_version = authority.federation->registry().version();
  if (const auto policy = authority.policies.find(peer); policy != authority.policies.end()) {
    body.policy_version = policy->second->version();
  }
  std::vector<v1::Receipt> receipts;
  for (std::vector<v1::ReceiptItem>& items : parts) {
    body.number = ++*number;
    ASSIGN_OR_RETURN(v1::Receipt receipt,
                     exchange::SignReceipt(body, std::move(items), context_.signer));
    writer->tick().received.receipts.push_back(
        {peer, true, body.number, ledger::CanonicalBytes(receipt)});
    receipts.push_back(std::move(receipt));
  }
  touched_.erase(peer);
  return receipts;
}

StatusOr<Receipts::Said*> Receipts::SaidBy(const std::string& peer) {
  const auto [it, added] = said_.try_emplace(peer);
  if (added) {
    ASSIGN_OR_RETURN(const std::optional<store::ReceiptRow> last,
                     context_.store->LastReceipt(peer, false));
    if (last.has_value()) it->second.number = last->number;
    ASSIGN_OR_RETURN(const std::vector<store::Confirmed> confirmed,
                     context_.store->ConfirmedBy(peer));
    for (const store::Confirmed& row : confirmed) {
      const uint64_t next = *std::max_element(row.next_seq.begin(), row.next_seq.end());
      it->second.sizes[row.stream] = next == 0 ? 0 : next - 1;
    }
  }
  return &it->second;
}

Status Receipts::Accept(const std::string& peer, const v1::Receipt& receipt,
                        const FindCarried& find, const std::function<bool(uint32_t stream)>& open,
                        TickWriter* writer) {
  ASSIGN_OR_RETURN(const exchange::ReceiptBody body, exchange::DecodeReceiptBody(receipt.body()));
  if (body.publisher != context_.origin || body.subscriber != peer) {
    return MakeError(Code::INVALID_ARGUMENT, "a receipt of another node, or for another one");
  }
  ASSIGN_OR_RETURN(Said * said, SaidBy(peer));
  if (body.number <= said->number) {
    return MakeError(
        Code::VERSION_CONFLICT,
        absl::StrCat("receipt ", body.number, " after receipt ", said->number, "; connect again"));
  }
  for (const v1::ReceiptItem& item : receipt.items()) {
    const exchange::CarriedStream* stream = find(item.stream_id());
    const auto size = stream == nullptr ? said->sizes.end() : said->sizes.find(stream->number);
    const bool signed_before = size != said->sizes.end();
    if (stream != nullptr && !signed_before && !open(stream->number)) stream = nullptr;
    const uint64_t before = signed_before ? size->second : 0;
    RETURN_IF_ERROR(CheckItem(item, stream, before));
  }
  store::ReceivedPart& part = writer->tick().received;
  for (const v1::ReceiptItem& item : receipt.items()) {
    const uint32_t stream = find(item.stream_id())->number;
    said->sizes[stream] = item.size();
    part.confirmed.push_back(ConfirmedOf(peer, stream, item, context_.clock->NowUs()));
  }
  said->number = body.number;
  part.receipts.push_back({peer, false, body.number, ledger::CanonicalBytes(receipt)});
  v1::AuditEvent event;
  event.set_type(v1::RECEIPT_ACCEPTED);
  event.set_peer(peer);
  event.set_count(static_cast<uint64_t>(receipt.items_size()));
  event.set_digest(Hasher(HashKind::kSha256).Hash({receipt.body()}).str());
  writer->Audit(std::move(event));
  return absl::OkStatus();
}

}  // namespace tombolo::node
