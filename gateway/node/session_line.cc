#include "gateway/node/session_line.h"

#include <utility>

namespace tombolo::node {

void SessionLine::Put(Outgoing frame, std::vector<Wish>* wishes) {
  const size_t bytes = frame.shared == nullptr ? frame.payload.size() : frame.shared->size();
  const auto heading = exchange::EncodeHeading(frame.type, frame.flags, bytes, next_frame++);
  Send send;
  send.connection = connection;
  send.type = frame.type;
  send.head.reserve(heading.size() + frame.payload.size());
  send.head.assign(heading.data(), heading.size());
  send.head += frame.payload;
  send.shared = std::move(frame.shared);
  wishes->push_back(std::move(send));
}

void SessionLine::Write(Outgoing frame, std::vector<Wish>* wishes) {
  if (holds_back) {
    later.push_back(std::move(frame));
  } else {
    Put(std::move(frame), wishes);
  }
}

void SessionLine::TakeBackData(int64_t now_us, exchange::Effects* effects) {
  std::vector<Outgoing> kept;
  for (Outgoing& frame : later) {
    if (frame.data.has_value()) {
      session->Unsent(*frame.data, now_us, effects);
    } else {
      kept.push_back(std::move(frame));
    }
  }
  later = std::move(kept);
}

void SessionLine::Flush(std::vector<Wish>* wishes) {
  holds_back = false;
  for (Outgoing& frame : later) Put(std::move(frame), wishes);
  later.clear();
  if (hang_up) wishes->emplace_back(std::in_place_type<Hang>, connection, true);
  hang_up = false;
}

}  // namespace tombolo::node
