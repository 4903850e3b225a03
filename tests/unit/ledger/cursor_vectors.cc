#include <boost/json/array.hpp>

#include "gateway/base/hash.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/cursor.h"
#include "tests/unit/ledger/fixture.h"
#include "tests/unit/ledger/vectors.h"

namespace tombolo::ledger {
namespace {

using boost::json::array;
using boost::json::object;

const char* const kKeyText = "a key of thirty-two bytes, tests";

v1::Cursor SampleCursor() {
  v1::Cursor cursor;
  for (const auto& [stream, layer, next] :
       {std::tuple{1, v1::PUBLIC, 1}, {1, v1::LIMITED, 300}, {2, v1::GOVERNMENT, 70000}}) {
    v1::Cursor::Position* position = cursor.add_positions();
    position->set_stream_id(Counting(32, stream));
    position->set_layer(layer);
    position->set_next_seq(static_cast<uint64_t>(next));
  }
  return cursor;
}

object Keys(const std::string& bytes, const v1::Cursor& cursor) {
  array positions;
  for (const v1::Cursor::Position& position : cursor.positions()) {
    positions.push_back(object{{"stream_id", Hex(position.stream_id())},
                               {"layer", static_cast<int>(position.layer())},
                               {"next_seq", position.next_seq()}});
  }
  return {{"key", Hex(kKeyText)}, {"bytes", Hex(bytes)}, {"positions", std::move(positions)}};
}

// What a node that does not check itself would issue: a right MAC over any message.
std::string Issue(const std::string& message, const std::string& front = std::string("TBK1\x01")) {
  HmacSha256 mac(kKeyText);
  mac.Update(front);
  mac.Update(message);
  return front + message + std::string(mac.Finish().view().substr(0, 16));
}

void AddOutside(const VectorSet& set) {
  const v1::Cursor cursor = SampleCursor();
  const std::string good = Issue(CanonicalBytes(cursor));
  const auto damaged = [&](std::string_view name, auto change) {
    std::string bad = good;
    change(&bad);
    set.Damaged(1, name, Keys(bad, cursor));
  };
  damaged("empty", [](std::string* b) { b->clear(); });
  damaged("tag-other", [](std::string* b) { (*b)[3] = '2'; });
  damaged("mac-bit", [](std::string* b) { b->back() ^= 1; });
  damaged("mac-first-byte", [](std::string* b) { (*b)[b->size() - 16] ^= 1; });
  damaged("mac-cut", [](std::string* b) { b->pop_back(); });
  damaged("mac-missing", [](std::string* b) { b->resize(b->size() - 16); });
  damaged("message-bit", [](std::string* b) { (*b)[9] ^= 1; });
  damaged("next-seq-raised", [](std::string* b) { ++(*b)[b->size() - 17]; });
  damaged("byte-added", [](std::string* b) { b->push_back('\0'); });
  set.Damaged(1, "version-other",
              Keys(Issue(CanonicalBytes(cursor), std::string("TBK1\x02")), cursor));
  object other_key = Keys(good, cursor);
  other_key["key"] = Hex(std::string(32, 'k'));
  set.Damaged(1, "key-of-another-node", other_key);
}

void AddInside(const VectorSet& set) {
  const auto damaged = [&](std::string_view name, auto change) {
    v1::Cursor bad = SampleCursor();
    change(&bad);
    set.Damaged(1, name, Keys(Issue(CanonicalBytes(bad)), bad));
  };
  damaged("positions-unsorted", [](auto* c) { c->mutable_positions()->SwapElements(0, 2); });
  damaged("layers-unsorted", [](auto* c) { c->mutable_positions()->SwapElements(0, 1); });
  damaged("position-twice", [](auto* c) { *c->mutable_positions(1) = c->positions(0); });
  damaged("stream-id-short",
          [](auto* c) { c->mutable_positions(0)->mutable_stream_id()->pop_back(); });
  damaged("stream-id-missing", [](auto* c) { c->mutable_positions(0)->clear_stream_id(); });
  damaged("layer-missing", [](auto* c) { c->mutable_positions(0)->clear_layer(); });
  damaged("layer-local", [](auto* c) { c->mutable_positions(2)->set_layer(v1::LOCAL); });
  damaged("next-seq-zero", [](auto* c) { c->mutable_positions(1)->clear_next_seq(); });
  const v1::Cursor cursor = SampleCursor();
  const std::string message = CanonicalBytes(cursor);
  set.Damaged(1, "unknown-field", Keys(Issue(message + std::string("\x10\x01")), cursor));
  set.Damaged(1, "message-cut", Keys(Issue(message.substr(0, message.size() - 1)), cursor));
  std::string wide = message;  // the first position's next_seq, 1, in two bytes
  wide.replace(38, 2, std::string("\x18\x81\x00", 3));
  ++wide[1];
  set.Damaged(1, "number-not-shortest", Keys(Issue(wide), cursor));
}

}  // namespace

void AddCursorVectors(std::vector<Vector>* out) {
  const VectorSet set("cursor", "cursor", out);
  const v1::Cursor cursor = SampleCursor();
  set.Valid(1, "three-positions", Keys(*CursorCodec(kKeyText).Encode(cursor), cursor));
  set.Valid(1, "no-position", Keys(*CursorCodec(kKeyText).Encode({}), {}));
  v1::Cursor wide;
  v1::Cursor::Position* position = wide.add_positions();
  position->set_stream_id(Counting(48));
  position->set_layer(v1::PUBLIC);
  position->set_next_seq(uint64_t{1} << 62);
  set.Valid(3, "sha384-stream", Keys(*CursorCodec(kKeyText).Encode(wide), wide));
  AddOutside(set);
  AddInside(set);
}

}  // namespace tombolo::ledger
