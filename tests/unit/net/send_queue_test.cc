// Bytes leave in order, in records as full as can be, and an interrupted write can be repeated.
#include "gateway/net/send_queue.h"

#include <gtest/gtest.h>

namespace tombolo::net {
namespace {

std::shared_ptr<const std::string> Shared(size_t size, char fill) {
  return std::make_shared<const std::string>(size, fill);
}

TEST(SendQueue, SmallPartsShareARecord) {
  SendQueue queue;
  std::string all;
  for (int i = 0; i < 100; ++i) {
    const std::string head(12, static_cast<char>('a' + i % 26));
    queue.Add({head, Shared(300, 'x')});
    all += head + std::string(300, 'x');
  }
  EXPECT_EQ(queue.bytes(), all.size());
  std::string sent;
  int writes = 0;
  while (!queue.empty()) {
    sent += queue.Front();
    queue.Take(queue.Front().size());
    ++writes;
  }
  EXPECT_EQ(sent, all);
  EXPECT_EQ(writes, 2);  // 31,200 bytes in records of 16 KiB
}

TEST(SendQueue, LargePartsAreNotCopied) {
  SendQueue queue;
  const auto page = Shared(256 * limits::kKiB, 'p');
  queue.Add({"heading", page});
  queue.Add({"heading", nullptr});
  EXPECT_EQ(queue.Front().size(), SendQueue::kRecordBytes);  // the heading and the page's begin
  queue.Take(SendQueue::kRecordBytes);
  EXPECT_EQ(queue.Front().data(), page->data() + SendQueue::kRecordBytes - 7);
}

TEST(SendQueue, AnInterruptedWriteIsRepeatedWithTheSameBytes) {
  SendQueue queue;
  queue.Add({"one", nullptr});
  const std::string before(queue.Front());
  queue.Add({"two", Shared(5, '-')});
  EXPECT_TRUE(queue.Front().substr(0, before.size()) == before);
  queue.Take(2);
  EXPECT_EQ(queue.Front(), "etwo-----");
  queue.Take(1);
  EXPECT_EQ(queue.bytes(), 8u);
  EXPECT_EQ(queue.Front(), "two-----");
  queue.Take(8);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.Front(), "");
  queue.Add({"", nullptr});
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace tombolo::net
