#include "storage/store_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;

// Runs `body` in a child and gives the text that it returns. The child must not touch RocksDB,
// whose threads it has not inherited.
std::string in_child(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = body();
    const ssize_t written = ::write(ends[1], text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[512];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, n);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

std::string own_pid() { return "pid " + std::to_string(::getpid()) + " ("; }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

TEST(StoreLock, ASecondJournalOfThisProcessIsRefused) {
  TempFolder folder;
  const auto journal = open_journal(folder.path(), {.history = {}});
  const std::string message =
      message_of<StoreLockedError>([&] { open_journal(folder.path(), {.history = {}}); });
  EXPECT_TRUE(contains(message, "this process has the store open since 2")) << message;
  EXPECT_TRUE(contains(message, folder.path().string())) << message;
  journal->wait(journal->append(changes(PutTokenMark{1}), kStart));  // undisturbed
}

TEST(StoreLock, AnotherProcessIsToldTheHolder) {
  TempFolder folder;
  const auto journal = open_journal(folder.path(), {.history = {}});
  const std::string holder = own_pid();
  const std::string message = in_child([&] {
    return message_of<StoreLockedError>([&] { open_journal(folder.path(), {.history = {}}); });
  });
  EXPECT_TRUE(contains(message, holder)) << message;
  EXPECT_TRUE(contains(message, "has the store open since")) << message;
}

TEST(StoreLock, AClosedJournalLetsGo) {
  TempFolder folder;
  open_journal(folder.path(), {.history = {}})->close();
  EXPECT_EQ(StoreLock::holder(folder.path()), std::nullopt);
  EXPECT_NO_THROW(open_journal(folder.path(), {.history = {}}));
}

TEST(StoreLock, AskingForTheHolderDoesNotDisturbIt) {
  TempFolder folder;
  EXPECT_EQ(StoreLock::holder(folder.path()), std::nullopt);
  const StoreLock lock(folder.path());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(StoreLock::holder(folder.path())->starts_with(own_pid()));
  }
  EXPECT_THROW(StoreLock(folder.path()), StoreLockedError);
}

TEST(StoreLock, AHolderThatDiedIsNoHolder) {
  TempFolder folder;
  in_child([&] {
    const StoreLock lock(folder.path());
    ::_exit(1);  // as a crash would: without erasing the name
    return std::string();
  });
  EXPECT_EQ(StoreLock::holder(folder.path()), std::nullopt);
  EXPECT_NO_THROW(StoreLock(folder.path()));
}

TEST(StoreLock, AHolderWithoutANameYetIsStillRespected) {
  TempFolder folder;
  const StoreLock lock(folder.path());
  for (const char* text : {"", "4242 half a na", "no number here\n"}) {
    std::ofstream(folder.path() / "LOCK", std::ios::trunc) << text;
    EXPECT_EQ(StoreLock::holder(folder.path()), "another process");
    EXPECT_TRUE(
        contains(message_of<StoreLockedError>([&] { const StoreLock second(folder.path()); }),
                 "another process has the store open"));
  }
}

TEST(StoreLock, ANameMayContainSpaces) {
  TempFolder folder;
  const StoreLock lock(folder.path());
  std::ofstream(folder.path() / "LOCK") << "1 my agent 2026-03-01T12:00:00.000000Z\n";
  EXPECT_EQ(StoreLock::holder(folder.path()), "pid 1 (my agent)");
}

}  // namespace
}  // namespace pharox::tests
