// This module never finishes loading.
await new Promise(() => setInterval(() => {}, 1000));
