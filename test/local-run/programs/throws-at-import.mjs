// Cannot even be imported.
throw new Error('the licence server is down');
